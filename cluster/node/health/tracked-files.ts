import type { Log } from '../../../director/base/log.js';
import type { TrackFileConfig } from '../../config/vrrp-config.js';
import { FileWatch } from '../track-file.js';

type Follower = (value: number) => void;

/** The track files that checkers follow, each watched once. */
export class TrackedFiles {
  #configs: readonly TrackFileConfig[];
  readonly #log: Log;
  readonly #followers = new Map<string, Set<Follower>>();
  readonly #watches = new Map<string, { readonly watch: FileWatch; value: number }>();

  constructor(configs: readonly TrackFileConfig[], log: Log) {
    this.#configs = configs;
    this.#log = log;
  }

  /** Other files under the same names are followed from then on by those who ask anew. */
  setConfigs(configs: readonly TrackFileConfig[]): void {
    this.#configs = configs;
  }

  /** Tells the number in a file at once, and whenever it changes, until the answer is called. */
  follow(name: string, follower: Follower): () => void {
    const config = this.#configs.find((one) => one.name === name);
    if (config === undefined) return () => {};
    const followers = this.#followers.get(name) ?? new Set();
    this.#followers.set(name, followers.add(follower));
    const watched = this.#watches.get(name);
    if (watched === undefined) this.#watch(config, followers);
    else follower(watched.value);
    return () => {
      followers.delete(follower);
      if (followers.size > 0) return;
      this.#watches.get(name)?.watch.close();
      this.#watches.delete(name);
    };
  }

  #watch(config: TrackFileConfig, followers: ReadonlySet<Follower>): void {
    const report: Follower = (value) => {
      const watched = this.#watches.get(config.name);
      if (watched !== undefined) watched.value = value;
      for (const follower of followers) follower(value);
    };
    const watch = new FileWatch(config, report, this.#log);
    this.#watches.set(config.name, { watch, value: 0 });
    watch.start();
  }

  close(): void {
    for (const { watch } of this.#watches.values()) watch.close();
    this.#watches.clear();
  }
}
