/**
 * The processes of one server: a primary that keeps them and serves nothing, and workers that
 * serve. What they say to each other is questions with answers; what about, their wiring knows.
 */
export { type Answers, Channel, ChannelEnded, type Message } from './channel.ts';
export {
  type Ending,
  Fleet,
  type FleetEvent,
  type FleetLimits,
  type FleetOptions,
  type FleetQuestions,
  type FleetWork,
  type WorkerQuestions,
} from './fleet.ts';
export { forkWorker, isWorker, type WorkerListeners, type WorkerProcess } from './process.ts';
export { joinFleet } from './worker.ts';
