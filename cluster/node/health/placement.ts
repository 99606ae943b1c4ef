import { isDeepStrictEqual } from 'node:util';

import type { Director } from '../../../director/core/director.js';
import { findServer } from '../../../director/core/service-table.js';
import {
  methodFromName,
  type RealServerSettings,
  type ServiceKey,
} from '../../../director/core/services.js';
import type { RealServerConfig, SorryServerConfig } from '../../config/node-config.js';

/** A real server of a service by the key that its pool knows it by. */
export type Placements = ReadonlyMap<string, RealServerSettings>;

/**
 * The real servers of one virtual service, as its pool wants them. Only what the pool changes is carried out: what people
 * change by ipvsadm meanwhile stays until the pool has something else to say about the same server.
 */
export class ServicePlaces {
  readonly #key: ServiceKey;
  #placed = new Map<string, RealServerSettings>();

  constructor(key: ServiceKey) {
    this.#key = key;
  }

  /** Adds, edits and removes what differs from the last time. */
  place({ services }: Director, wanted: Placements): void {
    const before = this.#placed;
    this.#placed = new Map(wanted);
    const service = services.find(this.#key);
    if (service === undefined) return;
    for (const [key, settings] of before) {
      if (wanted.has(key)) continue;
      const server = findServer(service, settings);
      if (server !== undefined) services.removeServer(server);
    }
    for (const [key, settings] of wanted) {
      if (isDeepStrictEqual(before.get(key), settings)) continue;
      const server = findServer(service, settings);
      if (server === undefined) services.addServer(service, settings);
      else services.editServer(server, settings);
    }
  }
}

/** What the data plane is to know of a real server that has this weight now. */
export function settingsOf(server: RealServerConfig, weight: number): RealServerSettings {
  const { address, port, method, tunnel, upperThreshold, lowerThreshold } = server;
  return {
    address,
    port,
    method: methodFromName(method),
    weight,
    upperThreshold,
    lowerThreshold,
    ...(tunnel === undefined ? {} : { tunnel }),
  };
}

/** The same of a sorry server. */
export function sorrySettingsOf(server: SorryServerConfig, weight: number): RealServerSettings {
  return settingsOf({ ...server, weight, ...Plain }, weight);
}

/** A sorry server has neither limits nor checkers. */
const Plain = {
  upperThreshold: 0,
  lowerThreshold: 0,
  health: { inhibitOnFailure: false, notifyUp: undefined, notifyDown: undefined, checkers: [] },
} as const;
