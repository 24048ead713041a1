/**
 * A folder that only this user can enter, removed at the end of its scope, and also when this process is told to end
 * meanwhile: there may be secrets in it. Who says where it is to be `below` cares for that end.
 */
export function privateFolder(below?: string): Disposable & { readonly path: string } {
  const where = below === undefined ? {} : { dir: below };
  const path = Deno.makeTempDirSync({ prefix: "rclone-gateway-", ...where });
  Deno.chmodSync(path, 0o700);
  const remove = (): void => {
    try {
      Deno.removeSync(path, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  };
  const signals = below === undefined ? ["SIGINT", "SIGTERM", "SIGHUP"] as const : [];
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
