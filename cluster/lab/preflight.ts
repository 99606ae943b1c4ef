import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { UsageError } from '../../director/base/errors.js';
import { searchPath } from './subprocess.js';

/** The capabilities a lab needs, by their bit (capability(7)): namespaces, links, and the directors' packet sockets. */
const capabilities = { CAP_NET_ADMIN: 12, CAP_NET_RAW: 13, CAP_SYS_ADMIN: 21 };

/** The programs that build a lab, and the Debian package that brings each. */
const programs = {
  ip: 'iproute2',
  ethtool: 'ethtool',
  nsenter: 'util-linux',
  unshare: 'util-linux',
};

/**
 * Says what is missing before anything is built, as a `UsageError` that names what to do. `builtFiles` are compiled
 * programs that the lab is going to start.
 */
export function preflight(builtFiles: readonly string[]): void {
  const missing = missingCapabilities();
  if (missing.length > 0) {
    throw new UsageError(
      { code: 'not-permitted' },
      `making network namespaces needs ${missing.join(', ')}: run it as root (sudo baton …)`,
    );
  }
  const absent = Object.entries(programs).filter(([program]) => !isInstalled(program));
  if (absent.length > 0) {
    const names = absent.map(([program]) => program).join(', ');
    const packages = [...new Set(absent.map(([, debianPackage]) => debianPackage))].join(' ');
    throw new UsageError(
      { code: 'program-missing' },
      `not installed: ${names}; on Debian and Ubuntu: apt-get install ${packages}`,
    );
  }
  const unbuilt = builtFiles.find((file) => !existsSync(file));
  if (unbuilt !== undefined) {
    throw new UsageError({ code: 'not-built' }, `${unbuilt} is missing: run npm run build first`);
  }
}

function missingCapabilities(): string[] {
  const status = readFileSync('/proc/self/status', 'utf8');
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return Object.entries(capabilities)
    .filter(([, bit]) => ((effective >> BigInt(bit)) & 1n) === 0n)
    .map(([name]) => name);
}

const isInstalled = (program: string): boolean =>
  searchPath.split(':').some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
