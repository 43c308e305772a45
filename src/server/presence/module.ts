// What presence offers: its events. Joining and leaving happen through the room topic.
import type { Module } from '../../core/module.ts';
import { presenceEvents } from './contract.ts';

export const presenceModule = (): Module => ({ name: 'presence', operations: [], events: presenceEvents });
