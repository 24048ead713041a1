/** Instances of a supervised service template (s6-instance-maker). Names as in {@link Instance}. */
export type Supervised = {
  /** Starts an instance that does not exist yet; does nothing to one that does. */
  start(name: string): Promise<void>;
  /** Stops it with SIGTERM, with SIGKILL after ten seconds, and removes it. */
  stop(name: string): Promise<void>;
};

/** Instances of the service in the given folder, run by s6. */
export function supervisedBy(service: string): Supervised {
  async function run(command: string, ...args: string[]): Promise<{ success: boolean; said: string }> {
    const { success, stderr } = await new Deno.Command(command, { args, stdout: "null", stderr: "piped" })
      .output();
    return { success, said: new TextDecoder().decode(stderr).trim() };
  }
  return {
    async start(name) {
      try {
        await Deno.stat(`${service}/instance/${name}`);
        return;
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
      const made = await run("s6-instance-create", "-t", "10000", service, name);
      if (!made.success) throw new Error(`Cannot start rclone for ${name}: ${made.said}`);
    },
    async stop(name) {
      await run("s6-instance-control", "-wD", "-T", "10000", "-d", service, name);
      await run("s6-instance-control", "-wD", "-T", "3000", "-k", service, name);
      await run("s6-instance-delete", service, name);
    },
  };
}
