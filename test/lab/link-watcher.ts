import { LinkMonitor } from '../../cluster/node/link-monitor.js';
import { silentLog } from '../../director/base/log.js';

/* A program around one link monitor, which writes the state of the interfaces named as its arguments. */

const devices = process.argv.slice(2);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const monitor = new LinkMonitor(devices, (device, isUp) => say(`${device} ${isUp}`), silentLog);
monitor.start();
say(`start ${devices.map((device) => `${device}=${monitor.isUp(device)}`).join(' ')}`);
