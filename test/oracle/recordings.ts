import { readScenario, scenarioNames, type Scenario } from '../../scripts/oracle/scenario.js';

/** The folder of the recordings that the tests replay; tests run from dist/test. */
export const RecordingsFolder = new URL('../../../test/fixtures/sync', import.meta.url).pathname;

export const recordings = (): Scenario[] => scenarioNames(RecordingsFolder).map(recording);

export const recording = (name: string): Scenario => readScenario(RecordingsFolder, name);
