import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import type { Log } from '../../../director/base/log.js';
import type { Member } from '../member.js';
import { dataText } from './data-text.js';
import { jsonText } from './json-text.js';
import { statsText } from './stats-text.js';
import { vrrpReport } from './vrrp-report.js';

/** The windows by the names of their files. */
export type WindowName = 'keepalived.data' | 'keepalived.stats' | 'keepalived.json';

/** What a window shows now. */
export function windowText(member: Member, name: WindowName): string {
  const instances = member.routers.map(vrrpReport);
  switch (name) {
    case 'keepalived.data':
      return dataText({ config: member.config, instances, pools: member.health.pools });
    case 'keepalived.stats':
      return statsText(instances);
    default:
      return jsonText(instances);
  }
}

/**
 * Writes windows into a folder, where exporters look for them. A file appears whole or not at all, readable by its owner
 * only, and never through a link that somebody else has put there: the folder may be everybody's.
 */
export function writeWindows(
  member: Member,
  names: readonly WindowName[],
  folder: string,
  log: Log,
): void {
  for (const name of names) {
    const file = path.join(folder, name);
    const draft = `${file}.${process.pid}`;
    try {
      mkdirSync(folder, { recursive: true });
      rmSync(draft, { force: true });
      writeFileSync(draft, windowText(member, name), { mode: 0o600, flag: 'wx' });
      renameSync(draft, file);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn('a window cannot be written', { file, reason });
    }
  }
}
