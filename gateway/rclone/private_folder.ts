/**
 * A folder that only this user can enter, removed at the end of its scope, and also when this process is told to end
 * meanwhile: there may be secrets in it.
 */
export function privateFolder(): Disposable & { readonly path: string } {
  const path = Deno.makeTempDirSync({ prefix: "rclone-gateway-" });
  Deno.chmodSync(path, 0o700);
  const remove = (): void => {
    try {
      Deno.removeSync(path, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const end = (): never => {
    remove();
    Deno.exit(1);
  };
  for (const signal of signals) Deno.addSignalListener(signal, end);
  return {
    path,
    [Symbol.dispose]() {
      for (const signal of signals) Deno.removeSignalListener(signal, end);
      remove();
    },
  };
}
