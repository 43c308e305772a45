// For servers: administration over REST with an API key, webhooks verified, and a storage that outlives the process.
export { type Admin, type AdminOptions, createAdmin } from './node/admin.ts';
export { fileStorage } from './node/file-storage.ts';
export { verifyWebhook, type WebhookInput } from './node/webhook.ts';
