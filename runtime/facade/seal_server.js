// A socket that was accepted leads to its server, and the server to every other request: its listeners, and the right to add some. So what
// `socket.server` shows is a view: the settings that Node's http reads there for each request, the address, and nothing that listens.
// Under TLS Node finds it in the socket's options, for HTTP/2 in the session. A TLS server that listens for 'newSession', 'resumeSession' or 'OCSPRequest' is
// shown itself: only it can be asked.

const { Socket, Server, disarm } = use('facade/seal_net');
const { On } = use('facade/private');
const { vet } = use('harden');
const { defineProperty, getOwnPropertyDescriptor, setPrototypeOf } = Reflect;

const isView = new WeakSet();
const members = new WeakMap();          // TLS socket or session of HTTP/2 -> its server
const told = new WeakSet();             // connections and streams that their server heard of
let isStream = () => false;
let kSessions = Symbol('none');         // of HTTP/2, when that is there

// what Node's http tells the server through the socket
const EMITTED = new Set(['timeout', 'clientError', 'tlsClientError', 'sessionError', 'keylog']);

// A class with an accessor for each setting, written out: Node asks for them several times per request, and an object that was put together by
// defineProperty, or one getter for all names, is five times as slow.
const makeView = (sessions) => {
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
      const last = args[args.length - 1];
      if (EMITTED.has(event) && (acceptedBy(last) === this.#server || members.get(last) === this.#server)) return this.#server.emit(event, ...args);
      // once for each
      const first = args[0];
      if (told.has(first)) return false;
      if (event === 'stream' ? !isStream(first) || members.get(first.session) !== this.#server : event !== 'secureConnection' || members.get(first) !== this.#server) return false;
      told.add(first);
      return this.#server.emit(event, ...args);
    }
    listenerCount(event) { return this.#server.listenerCount(event); }
    get _contexts() { return Object.freeze(this.#server._contexts?.map((pair) => Object.freeze([...pair]))); }
    get [sessions]() {
      const server = this.#server;
      return Object.freeze({ delete: (session) => members.get(session) === server && server[sessions].delete(session) });
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
let SessionsView;
const viewOf = (server) => {
  let view = views.get(server);
  if (view === undefined) {
    const has = server[kSessions] !== undefined;
    view = new (has ? SessionsView ??= makeView(kSessions) : View ??= makeView(Symbol('none')))(server);
    isView.add(view);
    views.set(server, view);
  }
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
    socket.#shown = socket.#server instanceof Server && (socket.#server === socket.#_server || members.get(socket) === socket.#server) ? viewOf(socket.#server) : socket.#server;
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
  if (value !== null && value !== undefined && socket.encrypted === true && members.get(socket) !== value && !isView.has(value)) defineProperty(socket, key, { value, writable: true, enumerable: true, configurable: true });
  else assign(socket, key, value ?? null);
};

exports.seal = () => {
  for (const key of ['server', '_server']) {
    const d = getOwnPropertyDescriptor(accessors, key);
    defineProperty(Socket.prototype, key, { get: Object.freeze(d.get), set: Object.freeze(d.set), enumerable: false, configurable: false });
  }
};

// -- TLS: the options that a socket keeps are its own copy
const ASKED = ['newSession', 'resumeSession', 'OCSPRequest'];
exports.sealTls = (TLSSocket) => {
  const kept = new WeakMap();
  const { get, set } = Object.getOwnPropertyDescriptor({
    get _tlsOptions() { return kept.get(this); },
    set _tlsOptions(options) {
      if (this === TLSSocket.prototype) return;
      const server = options?.server;
      if (server instanceof Server && !ASKED.some((event) => server.listenerCount(event) > 0)) {
        members.set(this, server);
        vet(options.SNICallback);
        kept.set(this, { ...options, server: viewOf(server) });
      } else kept.set(this, options);
    },
  }, '_tlsOptions');
  defineProperty(TLSSocket.prototype, '_tlsOptions', { get: Object.freeze(get), set: Object.freeze(set), enumerable: false, configurable: false });
  for (const key of ['getX509Certificate', 'getPeerX509Certificate']) {
    const real = TLSSocket.prototype[key];
    use('facade/seal_net').replace(TLSSocket.prototype, key, { [key]() {
      const found = Reflect.apply(real, this, []);
      if (found !== undefined) use('seal').prototype(Reflect.getPrototypeOf(found));
      return found;
    } }[key]);
  }
};

// -- HTTP/2. session, server: samples, to find the symbols by
exports.sealHttp2 = (session, kSocket, server, genuine) => {
  const symbolIn = (o, name) => Reflect.ownKeys(o).find((k) => typeof k === 'symbol' && k.description === name);
  const kServer = symbolIn(session, 'server');
  kSessions = symbolIn(server, 'sessions');
  const ignore = Object.freeze(() => {});
  isStream = (x) => genuine.has(x);
  const { get, set } = Object.getOwnPropertyDescriptor({
    get [kServer]() { const value = members.get(this); return value === undefined ? undefined : viewOf(value); },
    set [kServer](value) {
      if (value === undefined || members.has(this)) return;
      members.set(this, value);
      // what Node notes on the socket it never asks for
      const socket = this[kSocket];
      if (socket !== undefined) defineProperty(socket, kServer, { get: undefined, set: ignore, enumerable: false, configurable: false });
    },
  }, kServer);
  defineProperty(Reflect.getPrototypeOf(session), kServer, { get: Object.freeze(get), set: Object.freeze(set), enumerable: false, configurable: false });
};
