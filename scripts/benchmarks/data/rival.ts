import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { fetchDocument } from '../../../cluster/lab/control-client.js';
import { until } from '../../../cluster/lab/wait.js';
import { Address, type Topology } from './topology.js';

const directorProgram = fileURLToPath(new URL('../../../cluster/node/main.js', import.meta.url));

/** A second director on a link of its own, which takes over when the first one's adverts are late. */
export interface Rival {
  /** How often it has become master. */
  takeOvers(): Promise<number>;
  close(): Promise<void>;
}

/** What a director adverts to its rival: every 100 ms, so that it has not been heard after 380 ms. */
export const contest = (device: string, priority: number): string => `
vrrp_instance CONTEST {
  state BACKUP
  interface ${device}
  virtual_router_id 52
  priority ${priority}
  advert_int 0.1
  virtual_ipaddress {
    ${Address.contested}/24
  }
}
`;

const LesserPriority = 50;

/** Starts the rival of a director that is master of the contest already. */
export async function startRival({ rival }: Topology): Promise<Rival> {
  const folder = mkdtempSync(path.join(tmpdir(), 'baton-bench-'));
  const [config, control] = [path.join(folder, 'conf'), path.join(folder, 'control')];
  const head = 'global_defs {\n  router_id rival\n  vrrp_version 3\n}\n';
  writeFileSync(config, head + contest('eth0', LesserPriority));
  const options = [`--config=${config}`, `--control=${control}`];
  const child = rival.start(process.execPath, directorProgram, ...options);
  const close = async (): Promise<void> => {
    await rival.end(child);
    rmSync(folder, { recursive: true });
  };
  const isBackup = async (): Promise<true | undefined> => {
    const status = await fetchDocument(control, '/status').catch(() => undefined);
    return status?.state === 'backup' || undefined;
  };
  if ((await until(isBackup, { timeoutMs: 30_000, everyMs: 50 })) === undefined) {
    await close();
    throw new Error(`the rival is not a backup: ${rival.said}`);
  }
  const takeOvers = async (): Promise<number> => {
    const document = await fetchDocument(control, '/events');
    if (document === undefined) throw new Error(`the rival has ended: ${rival.said}`);
    return document.events.filter(({ kind }) => kind === 'master').length;
  };
  return { takeOvers, close };
}
