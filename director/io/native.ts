import type { Cap } from 'cap';
import type { RawSocketModule } from 'raw-socket';

import { IoError } from '../base/errors.js';

/** The constructor of libpcap handles. */
export type CapConstructor = new () => Cap;

/**
 * Loads the two native packages when they are needed and not before, so that the CLI and the tests run on machines
 * without libpcap. Both load in the main thread only.
 */
export async function loadCap(): Promise<CapConstructor> {
  const module = await load('cap', () => import('cap'));
  return module.default.Cap;
}

export async function loadRawSocket(): Promise<RawSocketModule> {
  const module = await load('raw-socket', () => import('raw-socket'));
  return module.default;
}

async function load<T>(name: string, importModule: () => Promise<T>): Promise<T> {
  try {
    return await importModule();
  } catch (cause) {
    throw new IoError(
      { code: 'native-module' },
      `the package ${name} does not load; run 'npm ci' with a C++ compiler and libpcap-dev installed`,
      { cause },
    );
  }
}
