// What feedback offers.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { FeedbackService } from './service.ts';

export const feedbackModule = (feedback: FeedbackService): Module => ({
  name: 'agents.feedback',
  operations: [
    handle(c.agentFeedback, (scope, input) => feedback.give(scope, input)),
    handle(c.listFeedback, (scope, input) => feedback.list(scope, input)),
    handle(c.listSuggestions, (scope, { agentId }) => feedback.suggestions(scope, agentId)),
    handle(c.decideSuggestion, (scope, input) => feedback.decide(scope, input)),
  ],
});
