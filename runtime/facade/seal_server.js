// A socket that was accepted leads to its server, and the server to every other request: its listeners, and the right to add some. So what
// `socket.server` shows is a view: the settings that Node's http reads there for each request, the address, and nothing that listens.
// (Sockets under TLS are not covered: Node keeps their server in several more places.)

const { Socket, Server, disarm } = use('facade/seal_net');
const { On } = use('facade/private');
const { defineProperty, getOwnPropertyDescriptor, setPrototypeOf } = Reflect;

// what Node's http tells the server through the socket
const EMITTED = new Set(['timeout', 'clientError']);

// A class with an accessor for each setting, written out: Node asks for them several times per request, and an object that was put together by
// defineProperty, or one getter for all names, is five times as slow.
const makeView = () => {
  const { kIncomingMessage } = host.internal('_http_common');
  class ServerView {
    #server;
    constructor(server) { this.#server = server; Object.freeze(this); }
    get joinDuplicateHeaders() { return this.#server.joinDuplicateHeaders; }
    get httpValidation() { return this.#server.httpValidation; }
    get insecureHTTPParser() { return this.#server.insecureHTTPParser; }
    get requireHostHeader() { return this.#server.requireHostHeader; }
    get rejectNonStandardBodyWrites() { return this.#server.rejectNonStandardBodyWrites; }
    get timeout() { return this.#server.timeout; }
    get keepAliveTimeout() { return this.#server.keepAliveTimeout; }
    get headersTimeout() { return this.#server.headersTimeout; }
    get requestTimeout() { return this.#server.requestTimeout; }
    get maxHeadersCount() { return this.#server.maxHeadersCount; }
    get maxRequestsPerSocket() { return this.#server.maxRequestsPerSocket; }
    get maxConnections() { return this.#server.maxConnections; }
    get listening() { return this.#server.listening; }
    get allowHalfOpen() { return this.#server.allowHalfOpen; }
    get noDelay() { return this.#server.noDelay; }
    get keepAlive() { return this.#server.keepAlive; }
    get _connectionKey() { return this.#server._connectionKey; }
    get [kIncomingMessage]() { return this.#server[kIncomingMessage]; }
    get _connections() { return this.#server._connections; }
    // net counts a closed connection here, one at a time
    set _connections(value) { if (value === this.#server._connections - 1) this.#server._connections = value; }
    address() { return this.#server.address(); }
    emit(event, ...args) {
      if (!EMITTED.has(event) || acceptedBy(args[args.length - 1]) !== this.#server) return false;
      return this.#server.emit(event, ...args);
    }
    _emitCloseIfDrained() { this.#server._emitCloseIfDrained?.(); }
    _setupWorker(list) { this.#server._setupWorker(list); }
  }
  setPrototypeOf(ServerView.prototype, null);
  disarm(ServerView);
  use('seal').own(ServerView);
  return ServerView;
};
const views = new WeakMap();
let View;
const viewOf = (server) => {
  let view = views.get(server);
  if (view === undefined) views.set(server, view = new (View ??= makeView())(server));
  return view;
};

// What was assigned to `server` and to `_server` of a socket, and what is shown for it.
class Kept extends On {
  #server = null; #_server = null; #shown = null; #_shown = null;
  static accepted(socket) { return #server in socket ? socket.#_server : undefined; }
  static assign(socket, key, value) {
    if (!(#server in socket)) {
      if (value === null) return;                // Node starts every socket with null: nothing to keep
      new Kept(socket);
    }
    if (key === 'server') socket.#server = value;
    else socket.#_server = value;
    socket.#shown = socket.#server instanceof Server && socket.#server === socket.#_server ? viewOf(socket.#server) : socket.#server;
    socket.#_shown = socket.#_server instanceof Server ? viewOf(socket.#_server) : socket.#_server;
  }
  // Node's http asks for each request
  static accessors = {
    get server() { return #server in this ? this.#shown : null; },
    set server(value) { set(this, 'server', value); },
    get _server() { return #server in this ? this.#_shown : null; },
    set _server(value) { set(this, '_server', value); },
  };
}
const { accepted, accessors, assign } = Kept;
const acceptedBy = (socket) => (socket !== null && typeof socket === 'object' ? accepted(socket) : undefined);
const set = (socket, key, value) => {
  if (socket === Socket.prototype) return;
  if (value !== null && value !== undefined && socket.encrypted === true) defineProperty(socket, key, { value, writable: true, enumerable: true, configurable: true });
  else assign(socket, key, value ?? null);
};

exports.seal = () => {
  for (const key of ['server', '_server']) {
    const d = getOwnPropertyDescriptor(accessors, key);
    defineProperty(Socket.prototype, key, { get: Object.freeze(d.get), set: Object.freeze(d.set), enumerable: false, configurable: false });
  }
};
