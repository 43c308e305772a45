// For tests of applications: a network and a server in memory, and time that moves when told to.
export type { FakeConnection, FakeServer } from './fake-server.ts';
export { createFakeServer } from './fake-server.ts';
export type { Faults, LossyNetwork } from './network.ts';
export { createLossyNetwork, seeded } from './network.ts';
export type { ManualTime } from './time.ts';
export { createManualTime } from './time.ts';
