// Clients that were published without types, or without types that can be found.
declare module 'phoenix-1.2';
declare module 'phoenix-1.3';
declare module 'phoenix-1.4';
declare module 'phoenix-1.5';
declare module 'phoenix-1.6';
declare module 'phoenix-1.7';
declare module 'phoenix-1.8.0';
declare module 'phoenix-channels';
declare module 'phoenix-socket';
declare module 'socket.io-client-3.1';
declare module 'socket.io-client-4.0';
declare module 'xhr2';
