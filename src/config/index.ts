/**
 * Configuration: one schema over flags, environment and file, one frozen value out of it
 * (DESIGN.md section 2). No other room reads the environment.
 */
export { type Config, ConfigProblem, loadConfig, settings, type Setting } from './config.ts';
