import { runCommandLine } from './program.js';
import { processTerminal } from './terminal.js';

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', (error) => {
  if ('code' in error && error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await runCommandLine(process.argv.slice(2), processTerminal);
