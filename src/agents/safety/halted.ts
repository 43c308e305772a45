// Thrown where something was about to be done for an agent that an emergency stop has halted. Nothing is left to do but to end.
export class Halted extends Error {
  override readonly name = 'Halted';
  constructor() {
    super('An emergency stop halts this agent.');
  }
}

/** The reason that runs, turns and refusals give. */
export const EMERGENCY_STOP = 'emergency_stop';
