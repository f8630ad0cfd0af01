/**
 * What the operator and his balancers ask a node, on an origin of its own: is it alive, may it get
 * requests. Answers without rights and without secrets; knows no API, no store.
 */
export { createHealth, type Health, type HealthReport, type ServerState } from './health.ts';
export { createOperatorListener } from './listener.ts';
