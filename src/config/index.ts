/**
 * Configuration: one schema over flags, environment and file, one frozen value out of it
 * (DESIGN.md section 2). No other room reads the environment.
 */
export {
  type Config,
  ConfigProblem,
  type ConfigSources,
  type EffectiveSetting,
  explainConfig,
  type ListenAddress,
  loadConfig,
  type Setting,
  settings,
} from './config.ts';
export { nodeNameOf } from './node-name.ts';
export { type ObjectStoreAddress, readObjectStore } from './object-store.ts';
export { nearestName } from './suggest.ts';
