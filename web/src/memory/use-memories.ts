// Where an agent's memories are kept on this page, so that a change of one is seen in every list.
export const memoriesKey = (agentId: string) => ['memories', agentId];
