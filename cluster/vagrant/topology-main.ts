import { defaultLabFile, readLabFile } from '../lab/default-lab.js';
import { topologyOf } from './topology.js';

/** Writes vagrant/topology.json to stdout: `npm run vagrant-topology`. */
process.stdout.write(`${JSON.stringify(topologyOf(readLabFile(defaultLabFile)), undefined, 2)}\n`);
