// What notifications offer.
import { handle, type Module } from '../../core/module.ts';
import * as c from './contract.ts';
import type { NotificationsService } from './service.ts';

export const notificationsModule = (notifications: NotificationsService): Module => ({
  name: 'notifications',
  operations: [
    handle(c.listNotifications, (scope, input) => notifications.list(scope, input)),
    handle(c.explainNotifications, (scope) => notifications.explain(scope)),
    handle(c.readNotifications, (scope, which) => notifications.read(scope, which)),
    handle(c.unreadNotification, (scope, { notificationId }) => notifications.unread(scope, notificationId)),
    handle(c.getNotificationSettings, (scope) => notifications.settings(scope)),
    handle(c.setNotificationSettings, (scope, { quietHours }) =>
      notifications.setSettings(scope, quietHours),
    ),
    handle(c.getRoomNotify, (scope, { roomId }) => notifications.room(scope, roomId)),
    handle(c.setRoomNotify, (scope, { roomId, ...change }) => notifications.setRoom(scope, roomId, change)),
  ],
  events: [c.notificationEvent, c.notificationsChanged],
  jobs: [notifications.job],
});
