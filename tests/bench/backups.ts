import { DOKUWIKI1 } from "../integration/harness/cluster.ts";
import { makeTree } from "../integration/harness/tree.ts";
import { type Bench, say, table } from "./bench.ts";
import { repositoryOf } from "./objects.ts";
import { turns } from "./statistics.ts";

const SMALL_BYTES = 8192;

/** A real backup and its restore by restic, without a cache, so that every read is a request. */
export async function backups(bench: Bench): Promise<void> {
  const { extent, toolbox, work, store, found } = bench;
  const candidates = bench.candidates.filter(({ name }) => name !== "no check, copying");
  say(`restic backup and restore: ${extent.resticRounds} rounds`);
  const tree = `${work.path}/tree`;
  Deno.mkdirSync(tree);
  makeTree(
    tree,
    extent.smallFiles + extent.smallFiles / 100,
    extent.largeBytes + extent.smallFiles * SMALL_BYTES,
  );
  const repository = repositoryOf(DOKUWIKI1);
  // Its small objects of the other rows are no repository.
  store.empty(repository);
  const values = table<number>(candidates);
  const backup = table<number>(candidates);
  for (const order of turns(candidates, extent.resticRounds)) {
    for (const { name, root } of order) {
      const credentials = `${encodeURIComponent(DOKUWIKI1.name)}:${DOKUWIKI1.secret}@`;
      const env = {
        RESTIC_REPOSITORY: `rest:${root.replace("//", `//${credentials}`)}/${repository}`,
        RESTIC_PASSWORD: "restic-password-Lm7",
      };
      const restic = (...args: string[]) =>
        toolbox.run(["restic", "--no-cache", "--quiet", ...args], { env, timeoutMs: 600_000 });
      await restic("init");
      const started = performance.now();
      await restic("backup", tree);
      const saved = performance.now();
      await restic("restore", "latest", "--target", `${work.path}/restored`);
      values[name].push((performance.now() - started) / 1000);
      backup[name].push((saved - started) / 1000);
      Deno.removeSync(`${work.path}/restored`, { recursive: true });
      store.empty(repository);
    }
  }
  Deno.removeSync(tree, { recursive: true });
  found.series.push({ what: "restic backup alone", unit: "s", values: backup });
  found.compare({ what: "restic backup and restore", unit: "s", values }, [
    { to: "no check", bound: "at most", limit: 1.02 },
    { to: "rclone direct", bound: "at most", limit: 1.03 },
    { to: "rest-server", bound: "at most" },
  ]);
}
