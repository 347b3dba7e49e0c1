// What no module exports and an instance leads to all the same: classes behind factory functions, iterators, the binding's own prototypes. Packages
// share them like everything else of Node's, so they are sealed together with the builtin or the class whose objects lead there.

const { apply, defineProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect;
const { freeze, preventExtensions } = Object;

const binding = (name) => host.internal('internal/test/binding').internalBinding(name);
const prototypeOf = (instance) => getPrototypeOf(instance);
const symbolOf = (o, name) => o[ownKeys(o).find((k) => typeof k === 'symbol' && k.description === name)];

const { freezeFunction } = use('harden');
const inert = (name) => freezeFunction({ [name]: function () {
  throw Object.assign(new TypeError(`npsx: ${name} cannot be constructed through an instance`), { code: 'ERR_CAPABILITY_DENIED' });
} }[name]);

// Methods whose native code keeps the addresses of the bytes that it is given, and works on them in another thread. Whoever gives such a buffer away
// (transfer(), a message) leaves that thread with memory of others: so these buffers stay, as those of Node's pool do, and as long as the handle.
const bufferOf = getOwnPropertyDescriptor(getPrototypeOf(Uint8Array.prototype), 'buffer').get;
const bufferOfData = getOwnPropertyDescriptor(DataView.prototype, 'buffer').get;
const lent = new WeakMap();
const staying = new WeakSet();
// Asked without doing it: the value cannot be cloned, so nothing is transferred. The memory of WebAssembly cannot leave, and marked it would end the
// process when it grows.
const { structuredClone } = host.global;
const canLeave = (buffer) => {
  try { structuredClone(Symbol.iterator, { transfer: [buffer] }); } catch (error) { return /could not be cloned/.test(error.message); }
  return false;
};
const lend = (proto, methods) => {
  const { markAsUntransferable } = host.internal('internal/buffer');
  const { isArrayBuffer, isDataView } = host.real('util').types;
  for (const name of methods) {
    const real = proto[name];
    const own = { [name](...args) {
      const kept = args.filter(ArrayBuffer.isView);
      for (const view of kept) {
        const buffer = apply(isDataView(view) ? bufferOfData : bufferOf, view, []);
        if (!staying.has(buffer) && isArrayBuffer(buffer)) {
          staying.add(buffer);
          if (canLeave(buffer)) markAsUntransferable(buffer);
        }
      }
      const before = lent.get(this);
      // what init was given is used by every write
      lent.set(this, name === 'init' ? { always: kept, now: [] } : { always: before?.always, now: kept });
      return apply(real, this, args);
    } }[name];
    proto[name] = own;
  }
};

// The prototype of a binding's class: data stays data (these are called for every hash and every chunk), nothing can be added, changed or constructed.
const pin = (proto) => {
  for (const key of ownKeys(proto)) {
    const d = getOwnPropertyDescriptor(proto, key);
    for (const f of [d.value, d.get, d.set]) if (typeof f === 'function') freezeFunction(f);
    if (key === 'constructor' && d.configurable) defineProperty(proto, key, { value: inert(d.value.name), writable: false, configurable: false });
    else if (d.configurable) defineProperty(proto, key, 'value' in d ? { writable: false, configurable: false } : { configurable: false });
  }
  preventExtensions(proto);
};
const natives = (name, classes) => () => {
  const from = binding(name);
  for (const C of classes.split(' ')) if (from[C]?.prototype !== undefined) pin(from[C].prototype);
};

// What an instance keeps is of classes that no module exports, and holds functions of Node's own. Two instances are made where it matters what they share.
const isLanguage = (p) => p === null || p === Object.prototype || p === Function.prototype || LANGUAGE.has(p);
const LANGUAGE = new Set([Array, Map, Set, WeakMap, WeakSet, Promise, Date, RegExp, ArrayBuffer, Uint8Array].map((C) => C.prototype));
const isNative = (p) => { const C = getOwnPropertyDescriptor(p, 'constructor')?.value; return typeof C === 'function' && Function.prototype.toString.call(C).endsWith('{ [native code] }'); };
const sample = (instance, depth = 3, found = new Set(), seen = new Set()) => {
  if (seen.has(instance)) return found;
  seen.add(instance);
  for (let p = getPrototypeOf(instance); !isLanguage(p); p = getPrototypeOf(p)) {
    if (!isNative(p)) found.add(p);
    else if ('getAsyncId' in p) use('facade/seal_net').lockHandle({ prototype: p });     // its bases are those of sockets, which are sealed in one way only
    else pin(p);
  }
  for (const key of ownKeys(instance)) {
    const { value, get, set } = getOwnPropertyDescriptor(instance, key);
    for (const f of [value, get, set]) if (typeof f === 'function') freezeFunction(f);
    if (typeof value === 'object' && value !== null && depth > 0) sample(value, depth - 1, found, seen);
  }
  return found;
};
const freezeConstant = (value) => { for (const inner of [value, ...Object.values(value)]) if (typeof inner === 'object' && inner !== null) freeze(inner); };
// Plain objects and arrays that two instances share are constants of Node's.
const shareNothing = (a, b, depth) => {
  for (const key of ownKeys(a)) {
    const { value } = getOwnPropertyDescriptor(a, key);
    if (typeof value !== 'object' || value === null) continue;
    if (value === getOwnPropertyDescriptor(b, key)?.value) freezeConstant(value);
    else if (depth > 0) shareNothing(value, getOwnPropertyDescriptor(b, key)?.value ?? {}, depth - 1);
  }
};
const sampled = (...instances) => ({ prototypes: [...new Set(instances.flatMap((i) => [...sample(i)]))] });

// An OpenSSL engine is a library that is loaded into the process; the facade of tls refuses them by name, and the context itself refuses too.
let engines = 0;
host.inside(() => engines);
exports.withEngines = (fn) => { engines++; try { return fn(); } finally { engines--; } };
const guardEngines = () => {
  const proto = binding('crypto').SecureContext.prototype;
  for (const key of ['setEngineKey', 'setClientCertEngine']) {
    const method = proto[key];
    if (method === undefined) continue;
    defineProperty(proto, key, { value: { [key](...args) {
      if (engines === 0) throw Object.assign(new Error(`npsx: ${key}() loads native code; it needs the capability native`), { code: 'ERR_CAPABILITY_DENIED', capability: 'native' });
      return Reflect.apply(method, this, args);
    } }[key] });
  }
};

// A stream of HTTP/2 sends files by path and descriptor, and whoever has two ends of a pipe can make one: it belongs to the owner of its server.
const guardFiles = (proto) => {
  const { owners } = use('facade/seal_net');
  for (const key of ['respondWithFile', 'respondWithFD']) {
    const method = getOwnPropertyDescriptor(proto, key)?.value;
    if (method === undefined) continue;
    defineProperty(proto, key, { value: { [key](file, ...rest) {
      if (owners.get(this.session?.server)?.c.ambient !== true) throw use('facade/endpoint').unsupported(`${key}() of a server that is not the application's`);
      return Reflect.apply(method, this, [file, ...rest]);
    } }[key] });
  }
};

// Streams of HTTP/2 are of two classes that nobody exports. Their prototypes are sealed when the first of each gets its handle.
const sealOnInit = (base) => {
  const kInit = ownKeys(base).find((k) => typeof k === 'symbol' && k.description === 'init');
  const init = base[kInit];
  const seen = new WeakSet();
  const genuine = new WeakSet();
  defineProperty(base, kInit, { value(...args) {
    genuine.add(this);
    const proto = getPrototypeOf(this);
    if (!seen.has(proto)) {
      host.whole(() => {
        guardFiles(proto);
        use('seal').prototype(proto);
      });
      seen.add(proto);
    }
    return Reflect.apply(init, this, args);
  } });
  return genuine;
};

// The history of a line editor is kept in a file by its REPL: Node's own files, so only a REPL may.
const guardHistory = (proto) => {
  const kContext = Symbol('context');
  for (const key of ownKeys(proto)) {
    // the constructor reads its options
    if (typeof key === 'string' ? key !== 'initialize' : /Validate|Resolve/.test(key.description)) continue;
    const method = proto[key];
    defineProperty(proto, key, { value: { [key](...args) {
      const context = this[ownKeys(this).find((k) => k.description === '_kContext') ?? kContext];
      if (!(context instanceof host.real('repl').REPLServer)) throw Object.assign(new Error('npsx: a history file is kept for a REPL only'), { code: 'ERR_CAPABILITY_DENIED', capability: 'fs.read' });
      return Reflect.apply(method, this, args);
    } }[key] });
  }
};

// Duplex.from() makes instances of a class that nobody exports and few programs need; compose() comes by here as well.
exports.sealDuplexify = () => {
  const { Duplex } = host.real('stream');
  const real = Duplex.from;
  const seen = new WeakSet([Duplex.prototype]);
  const { from } = { from(body) {
    const made = real(body);
    const prototype = prototypeOf(made);
    if (!seen.has(prototype)) {
      seen.add(prototype);
      host.whole(() => use('seal').prototype(prototype));
    }
    return made;
  } };
  Duplex.from = freezeFunction(from);
};

// What arrives at a port is told by an event of a class that Node loads with the first of them, and the method that makes one cannot be replaced. The class
// extends the Event of the real global object, where nobody else of Node's looks: this one, which seals what extends it with the first instance.
let base;
exports.eventBase = (Event) => {
  if (base !== undefined) return base;
  const known = new WeakSet([Event.prototype]);
  base = function (type, options) {
    const target = new.target ?? base;
    const event = Reflect.construct(Event, arguments.length < 2 ? [type] : [type, options], target);
    const prototype = prototypeOf(event);
    if (!known.has(prototype)) {
      use('seal').prototype(prototype);
      known.add(prototype);
    }
    return event;
  };
  defineProperty(base, 'name', { value: 'Event' });
  defineProperty(base, 'prototype', { value: Event.prototype, writable: false });
  for (const key of ['NONE', 'CAPTURING_PHASE', 'AT_TARGET', 'BUBBLING_PHASE']) defineProperty(base, key, { value: Event[key], enumerable: true });
  return freezeFunction(base);
};

// Two histograms are compared and added up by their handles; some have none (facade/perf_hooks.js).
const meetStandIns = ({ prototype }) => {
  const { handles } = use('facade/perf_hooks');
  for (const key of ['add', 'subtract', 'ksTest', 'welchTest', 'mannWhitneyTest', 'cohensD', 'cliffsD']) {
    const method = getOwnPropertyDescriptor(prototype, key)?.value;
    if (method === undefined) throw new Error(`npsx: a histogram has no ${key}`);
    defineProperty(prototype, key, { value: { [key](other, ...rest) { return Reflect.apply(method, this, [handles.get(other) ?? other, ...rest]); } }[key] });
  }
};

// -> { classes, prototypes }: to be sealed. Natives are pinned here.
const HIDDEN = {
  __proto__: null,
  events: () => {
    const target = new (host.global.EventTarget)();
    target.addEventListener('x', () => {});
    const [root] = Reflect.apply(Map.prototype.values, symbolOf(target, 'kEvents'), []);
    // what a signal or a port tells comes to packages that never name the class
    const { prototypes } = sampled(root.next);
    return { prototypes: [...prototypes, host.global.Event.prototype] };
  },
  stream: () => {
    const { Writable, duplexPair, finished } = host.real('stream');
    const sink = new Writable({ write() {} });
    sink.write('x');
    freezeFunction(sink._writableState.writecb ?? sink._writableState[ownKeys(sink._writableState)[0]] ?? (() => {}));
    // finished() of a web stream returns what it does nothing with
    const { kIsClosedPromise } = host.internal('internal/streams/utils');
    const ignore = () => {};
    freezeFunction(finished({ pipeThrough: ignore, getReader: ignore, cancel: ignore, [kIsClosedPromise]: { promise: Promise.resolve() } }, ignore));
    return { prototypes: [prototypeOf(duplexPair()[0])] };
  },
  dns: () => {
    const { vetHandlers } = use('facade/seal_net');
    for (const C of ['GetAddrInfoReqWrap', 'GetNameInfoReqWrap', 'QueryReqWrap']) vetHandlers(binding('cares_wrap')[C].prototype, ['oncomplete']);
    natives('cares_wrap', 'GetAddrInfoReqWrap GetNameInfoReqWrap QueryReqWrap')();
  },
  fs: () => {
    const { BigIntStats } = host.internal('internal/fs/utils');
    freezeFunction(host.real('fs/promises').watch);
    freeze(prototypeOf(host.real('fs/promises').watch('/')));
    use('facade/seal_net').sealOnSet(binding('fs').FSReqCallback.prototype, 'context');
    natives('fs', 'FSReqCallback StatWatcher FileHandle')();
    return { classes: [BigIntStats] };
  },
  http: natives('http_parser', 'ConnectionsList'),
  diagnostics_channel: () => {
    const { tracingChannel, channel } = host.real('diagnostics_channel');
    const active = channel('npsx');
    const listener = () => {};
    active.subscribe(listener);
    const found = sampled(tracingChannel('npsx'), active);
    active.unsubscribe(listener);
    return found;
  },
  async_hooks: () => ({ classes: [host.real('async_hooks').AsyncLocalStorage] }),
  events_resource: () => {
    use('facade/seal_context').seal();
    const { EventEmitterAsyncResource: C } = host.real('events');
    return { classes: [C], prototypes: [prototypeOf(new C({ name: 'x' }).asyncResource)] };
  },
  net: () => {
    natives('block_list', 'BlockList SocketAddress')();
    const { BlockList, SocketAddress, Socket } = host.real('net');
    // what a socket that is over writes with: a class of a package may catch it where Node sets it
    const over = new Socket();
    over.emit('end');
    freezeFunction(over.write);
    return { classes: [BlockList, SocketAddress] };
  },
  crypto: () => {
    guardEngines();
    natives('crypto', 'CipherBase DiffieHellman DiffieHellmanGroup ECDH Hash Hmac KeyObjectHandle Mac SecureContext Sign Verify')();
    const { SecretKeyObject, PublicKeyObject, PrivateKeyObject } = host.internal('internal/crypto/keys');
    const { Crypto, CryptoKey, SubtleCrypto } = host.internal('internal/crypto/webcrypto');
    const { DiffieHellman, DiffieHellmanGroup, ECDH } = host.real('crypto');
    const key = host.real('crypto').createSecretKey(new Uint8Array(16));
    const { prototypes } = sampled(key.toCryptoKey({ name: 'HMAC', hash: 'SHA-256' }, true, ['sign']));
    // the bare handle of a group: Node would have OpenSSL check it, which takes 18 ms
    sample(new (binding('crypto').DiffieHellmanGroup)('modp1'));
    sample(host.real('crypto').createDiffieHellman(new Uint8Array([23])));
    return { prototypes, disarmed: [DiffieHellman, DiffieHellmanGroup, ECDH], classes: [SecretKeyObject, PublicKeyObject, PrivateKeyObject, Crypto, CryptoKey, SubtleCrypto] };
  },
  tls: () => {
    use('seal').builtin('crypto');
    const JSStreamSocket = host.internal('internal/js_stream_socket');
    use('facade/seal_net').lockHandle(binding('js_stream').JSStream);
    return { disarmed: [JSStreamSocket, host.real('tls').SecureContext], classes: [JSStreamSocket] };
  },
  http2: () => {
    const core = host.internal('internal/http2/core');
    const servers = [core.createServer(), core.createSecureServer({})];
    const prototypes = servers.map(prototypeOf);
    const { lockHandle } = use('facade/seal_net');
    const genuine = sealOnInit(core.Http2Stream.prototype);
    // classes that nobody exports, by sessions over a pipe that leads nowhere
    const { duplexPair } = host.real('stream');
    const session = core.performServerHandshake(duplexPair()[0]);
    const client = core.connect('http://localhost', { createConnection: () => duplexPair()[0] });
    const kSocket = ownKeys(session).find((k) => k.description === 'socket');
    for (const s of [session, client]) { s.on('error', () => {}); s.destroy(); }
    use('facade/seal_server').sealHttp2(session, kSocket, servers[0], genuine);
    prototypes.push(prototypeOf(client));
    for (const C of [core.Http2Session, core.Http2Stream]) use('facade/seal_timeout').sealSocket(C.prototype);
    const { Http2ServerRequest, Http2ServerResponse } = core;
    for (const C of [Http2ServerRequest, Http2ServerResponse]) new C(use('facade/seal_http').catchListeners(), {}, {}, []);
    for (const C of [binding('http2').Http2Session, binding('http2').Http2Stream]) lockHandle(C);
    return { disarmed: servers.map(prototypeOf), classes: [core.Http2Session, core.ServerHttp2Session, core.Http2Stream], prototypes };
  },
  // the errors of Node, one class and prototype for each code
  errors: () => {
    const { codes } = host.internal('internal/errors');
    const { AbortError, NodeAggregateError, ConnResetException, DNSException, ErrnoException, ExceptionWithHostPort, SystemError, UVException, UVExceptionWithHostPort } = host.internal('internal/errors');
    const prototypes = [AbortError, NodeAggregateError, ConnResetException, DNSException, ErrnoException, ExceptionWithHostPort, SystemError, UVException, UVExceptionWithHostPort].map((C) => C.prototype);
    for (const key of ownKeys(codes)) {
      const { prototype, HideStackFramesError } = codes[key];
      if (prototype !== undefined) prototypes.push(prototype);
      if (HideStackFramesError?.prototype !== undefined) prototypes.push(HideStackFramesError.prototype);
      // the same code as another class
      for (const name of Object.keys(codes[key])) if (/Error$/.test(name) && codes[key][name].prototype !== undefined) prototypes.push(codes[key][name].prototype);
    }
    return { prototypes };
  },
  MessageChannel: () => {
    const { port1 } = new (host.real('worker_threads').MessageChannel)();
    const prototypes = [];
    for (let p = prototypeOf(port1); p !== null && p !== Object.prototype; p = prototypeOf(p)) prototypes.push(p);
    port1.close();
    // EventTarget asks the constructor whether it is one
    const { BroadcastChannel } = host.real('worker_threads');
    use('facade/seal_net').disarm(BroadcastChannel, BroadcastChannel.prototype, getPrototypeOf(BroadcastChannel));
    return { prototypes };
  },
  zlib: () => {
    const classes = 'Zlib BrotliEncoder BrotliDecoder ZstdCompress ZstdDecompress';
    for (const C of classes.split(' ')) {
      use('facade/seal_net').vetHandlers(binding('zlib')[C].prototype, ['onerror']);
      lend(binding('zlib')[C].prototype, ['init', 'write']);
    }
    natives('zlib', classes)();
  },
  perf_hooks: () => {
    meetStandIns(binding('performance').Histogram ?? prototypeOf(symbolOf(host.real('perf_hooks').createHistogram(), 'kHandle')).constructor);
    natives('performance', 'Histogram SlidingWindowHistogram')();
    const { Histogram, RecordableHistogram, SlidingWindowHistogram } = host.internal('internal/histogram');
    const { createHistogram, monitorEventLoopDelay, PerformanceObserver } = host.real('perf_hooks');
    const { prototypes } = sampled(createHistogram(), monitorEventLoopDelay());
    return { prototypes, disarmed: [PerformanceObserver], classes: [Histogram, RecordableHistogram, SlidingWindowHistogram] };
  },
  readline: () => {
    const { ReplHistory } = host.internal('internal/repl/history');
    guardHistory(ReplHistory.prototype);
    const { Interface, emitKeypressEvents } = host.real('readline');
    const { PassThrough } = host.real('stream');
    const input = new PassThrough();
    emitKeypressEvents(input);
    const lines = new Interface({ input: new PassThrough() });
    for (const f of Object.values(Object.getOwnPropertyDescriptors(lines)).flatMap((d) => [d.value, d.get, d.set])) if (typeof f === 'function') freezeFunction(f);
    lines.close();
    return { disarmed: [ReplHistory], classes: [ReplHistory], prototypes: [prototypeOf(symbolOf(input, 'escape-decoder'))] };
  },
  // V8 reads their methods where no JavaScript may run: an accessor would end the process
  v8: () => {
    const { Serializer, Deserializer, DefaultSerializer, DefaultDeserializer } = host.real('v8');
    for (const C of [Serializer, Deserializer, DefaultSerializer, DefaultDeserializer]) pin(C.prototype);
    return NOTHING;
  },
  vm: () => {
    natives('contextify', 'ContextifyScript')();
    return { disarmed: [host.real('vm').Script] };
  },
  module: () => ({ classes: [host.real('module').SourceMap] }),
  sqlite: () => {
    use('facade/sqlite').sealOpen();
    use('facade/sqlite').sealExtension();
    const { DatabaseSync, StatementSync, Session } = host.real('node:sqlite');
    const db = new DatabaseSync(':memory:');
    // called for every row: data stays data
    for (const o of [StatementSync.prototype, prototypeOf(db.prepare('SELECT 1').iterate()), prototypeOf(db.createTagStore()), prototypeOf(db.createSession())]) pin(o);
    for (const o of [db, db.limits, db.prepare('SELECT 1')]) sample(o, 0);
    db.close();
    return { disarmed: [DatabaseSync, Session], classes: [DatabaseSync] };
  },
  URLSearchParams: () => ({ prototypes: [prototypeOf(new (host.global.URLSearchParams)().entries())] }),
  Headers: () => ({ prototypes: [prototypeOf(new (undici().Headers)().entries())] }),
  FormData: () => ({ prototypes: [prototypeOf(new (undici().FormData)().entries())] }),
  AbortController: () => ({ classes: [host.global.AbortSignal] }),
  WebSocket: () => {
    const { disarm } = use('facade/seal_net');
    const { WebSocket, EventSource, MessageEvent, CloseEvent, ErrorEvent } = undici();
    for (const C of [WebSocket, EventSource]) disarm(C, C.prototype, getPrototypeOf(C));
    return { classes: [MessageEvent, CloseEvent, ErrorEvent] };
  },
  ReadableStream: () => {
    const { ReadableStream, WritableStream, TransformStream, CountQueuingStrategy, ByteLengthQueuingStrategy } = host.real('stream/web');
    for (const C of [CountQueuingStrategy, ByteLengthQueuingStrategy]) freezeFunction(new C({ highWaterMark: 1 }).size);
    const states = [ReadableStream, WritableStream, TransformStream].flatMap((C) => [new C(), new C()]).map((stream) => symbolOf(stream, 'kState'));
    // what two of them have in common, all of them have
    for (let i = 0; i < states.length; i += 2) shareNothing(states[i], states[i + 1], 4);
    const bytes = new ReadableStream({ type: 'bytes' });
    const { readRequests } = symbolOf(new ReadableStream().getReader(), 'kState');
    if (Array.isArray(readRequests.list)) freeze(readRequests.list);            // the empty list, which all queues begin with
    // controllers, readers and writers among them
    const classes = Object.values(host.real('stream/web')).filter((C) => typeof C === 'function');
    return { classes, prototypes: [...new Set([prototypeOf(new ReadableStream().values()), ...[...states, symbolOf(bytes, 'kState'), readRequests].flatMap((state) => [...sample(state, 4)])])] };
  },
  Blob: () => {
    const { Blob, File } = host.real('buffer');
    pin(prototypeOf(symbolOf(new Blob([]), 'kHandle')));
    return sampled(new File([], 'x'));
  },
};
HIDDEN['test/reporters'] = HIDDEN['node:test/reporters'] = () => {
  for (const name of ['spec', 'lcov']) freezeFunction(host.real('node:test/reporters')[name]);
  return NOTHING;
};
HIDDEN['readline/promises'] = HIDDEN.readline;
for (const name of ['MessagePort', 'worker_threads']) HIDDEN[name] = HIDDEN.MessageChannel;
HIDDEN.url = HIDDEN.URLSearchParams;
HIDDEN.AbortSignal = HIDDEN.AbortController;
HIDDEN.File = HIDDEN.Blob;
HIDDEN.EventSource = HIDDEN.WebSocket;
for (const name of ['stream/web', 'WritableStream', 'TransformStream', 'CompressionStream', 'DecompressionStream', 'TextEncoderStream', 'TextDecoderStream']) HIDDEN[name] = HIDDEN.ReadableStream;
// a body is a stream
for (const name of ['Request', 'Response']) HIDDEN[name] = () => {
  use('seal').value(host.real('stream/web').ReadableStream, 'ReadableStream');
  return HIDDEN.Headers();
};
const undici = () => host.internal('internal/deps/undici/undici');

const NOTHING = { classes: [], prototypes: [], disarmed: [] };
const done = new Set();
// name: of a builtin, or of a class of the web's. disarmed: classes or prototypes whose `constructor` is taken away.
exports.of = (name) => {
  const find = HIDDEN[name];
  if (find === undefined || done.has(find)) return NOTHING;
  done.add(find);
  return { ...NOTHING, ...find() };
};
