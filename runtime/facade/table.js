// Every builtin of Node, classified. Default deny by a list of ALLOWED names: an export that Node adds tomorrow is in no list, so it is not
// offered, and tests/runtime/misc/table.test.js fails until somebody has looked at it.
//
//   pure        Node's own functions and classes (sealed), in an object of the package's own; `replaced` ones come from the facade file
//   facade      a facade file makes all of it
//   denied      not offered: loads, keeps its shape, refuses when called (stub.js)
//
// A policy may hand out any of them raw: "builtins": ["node:v8"].

const { defineProperty, getOwnPropertyDescriptor } = Reflect;
const { holds, may, peek } = use('deny');

const words = (text) => text.split(/\s+/);
const pure = (shared, more = {}) => ({ kind: 'pure', shared: words(shared), replaced: [], removed: [], ...more });
const facade = (file, more = {}) => ({ kind: 'facade', file: `facade/${file}`, removed: [], ...more });
const part = (file, of, key, more = {}) => ({ kind: 'facade', file: `facade/${file}`, of, key, removed: [], ...more });
const denied = (removed = '') => ({ kind: 'denied', removed: removed === '' ? [] : words(removed) });
// A function that is the module. It stays the shared, sealed one: `x instanceof require('stream')` holds across packages.
const whole = (shared) => ({ kind: 'whole', shared: words(shared), removed: [] });

const PATH = 'resolve normalize isAbsolute join relative toNamespacedPath dirname basename extname format parse matchesGlob sep delimiter win32 posix _makeLong';
const UTIL = pure('_errnoException _exceptionWithHostPort _extend callbackify convertProcessSignalToExitCode deprecate format styleText formatWithOptions getSystemErrorName '
  + 'getSystemErrorMessage inherits isArray isDeepStrictEqual markPromiseAsHandled stripVTControlCharacters toUSVString transferableAbortSignal '
  + 'transferableAbortController aborted parseEnv TextDecoder TextEncoder MIMEType MIMEParams diff', {
  file: 'facade/util', replaced: words('inspect promisify debuglog debug types getSystemErrorMap getCallSites parseArgs debounce throttle'), removed: ['setTraceSigInt'] });
const ASSERT = whole('AssertionError ok fail equal notEqual deepEqual notDeepEqual deepStrictEqual notDeepStrictEqual strictEqual notStrictEqual partialDeepStrictEqual match '
  + 'doesNotMatch throws rejects doesNotThrow doesNotReject ifError strict Assert');

const TABLE = {
  __proto__: null,
  // -- pure
  assert: ASSERT,
  'assert/strict': ASSERT,
  events: facade('events', { shared: words('addAbortListener once on getEventListeners getMaxListeners listenerCount EventEmitter usingDomains captureRejectionSymbol captureRejections '
    + 'EventEmitterAsyncResource errorMonitor defaultMaxListeners kMaxEventTargetListeners kMaxEventTargetListenersWarned setMaxListeners init') }),
  stream: whole('isDestroyed isDisturbed isErrored isReadable isWritable Readable Writable Duplex Transform PassThrough duplexPair pipeline addAbortSignal finished destroy '
    + 'compose setDefaultHighWaterMark getDefaultHighWaterMark promises Stream _isArrayBufferView _isUint8Array _uint8ArrayToBuffer'),
  buffer: pure('Buffer transcode isUtf8 isAscii kMaxLength kStringMaxLength btoa atob constants Blob resolveObjectURL File', { file: 'facade/buffer', replaced: ['INSPECT_MAX_BYTES'] }),
  path: pure(PATH),
  'path/posix': pure(PATH),
  'path/win32': pure(PATH),
  punycode: pure('version ucs2 decode encode toASCII toUnicode'),
  querystring: pure('unescapeBuffer unescape escape stringify encode parse decode'),
  'stream/consumers': pure('arrayBuffer blob buffer bytes text json'),
  'stream/promises': pure('finished pipeline'),
  'stream/web': pure('ReadableStream ReadableStreamTee ReadableStreamDefaultReader ReadableStreamBYOBReader ReadableStreamBYOBRequest ReadableByteStreamController '
    + 'ReadableStreamDefaultController TransformStream TransformStreamDefaultController WritableStream WritableStreamDefaultWriter WritableStreamDefaultController '
    + 'ByteLengthQueuingStrategy CountQueuingStrategy TextEncoderStream TextDecoderStream CompressionStream DecompressionStream'),
  string_decoder: pure('StringDecoder'),
  url: pure('Url parse resolve resolveObject format URL URLPattern URLSearchParams domainToASCII domainToUnicode pathToFileURL fileURLToPath fileURLToPathBuffer urlToHttpOptions'),
  util: UTIL,
  sys: UTIL,
  'util/types': pure('isArgumentsObject isArrayBuffer isAsyncFunction isBigIntObject isBooleanObject isDate isExternal isGeneratorFunction isGeneratorObject isMap isMapIterator '
    + 'isModuleNamespaceObject isNativeError isNumberObject isPromise isProxy isRegExp isSet isSetIterator isSharedArrayBuffer isStringObject isSymbolObject isWeakMap '
    + 'isWeakSet isAnyArrayBuffer isBoxedPrimitive isArrayBufferView isDataView isTypedArray isUint8Array isUint8ClampedArray isUint16Array isUint32Array isInt8Array '
    + 'isInt16Array isInt32Array isFloat16Array isFloat32Array isFloat64Array isBigInt64Array isBigUint64Array isKeyObject isCryptoKey'),
  // ZipFile reads archives by path, maxZipContentSize is a setting of the process
  zlib: pure('crc32 Deflate Inflate Gzip Gunzip DeflateRaw InflateRaw Unzip BrotliCompress BrotliDecompress ZstdCompress ZstdDecompress deflate deflateSync gzip gzipSync '
    + 'deflateRaw deflateRawSync unzip unzipSync inflate inflateSync gunzip gunzipSync inflateRaw inflateRawSync brotliCompress brotliCompressSync brotliDecompress '
    + 'brotliDecompressSync zstdCompress zstdCompressSync zstdDecompress zstdDecompressSync createDeflate createInflate createDeflateRaw createInflateRaw createGzip '
    + 'createGunzip createUnzip createBrotliCompress createBrotliDecompress createZstdCompress createZstdDecompress constants codes getMaxZipContentSize', {
    constants: true, removed: words('ZipEntry ZipFile ZipBuffer createZipArchive createZipArchiveSync zipFiles setMaxZipContentSize') }),
  constants: pure('', { constants: true, shared: [] }),
  // -- made by a facade
  _http_agent: facade('underscored'),
  _http_client: facade('underscored'),
  _http_common: facade('underscored', { removed: words('freeParser parsers kIncomingMessage kSkipPendingData') }),
  _http_incoming: facade('underscored', { removed: ['kDetachAbortSignal'] }),
  _http_outgoing: facade('underscored', { removed: words('kHighWaterMark kUniqueHeaders') }),
  _http_server: facade('underscored', { removed: words('kServerResponse kConnectionsCheckingInterval') }),
  _tls_common: facade('underscored'),
  _tls_wrap: facade('underscored'),
  async_hooks: facade('async_hooks'),
  child_process: facade('child_process'),
  console: facade('console', { removed: [] }),
  crypto: facade('crypto'),
  dgram: facade('dgram'),
  diagnostics_channel: facade('diagnostics_channel'),
  dns: facade('dns'),
  'dns/promises': part('dns', 'dns', 'promises'),
  domain: facade('domain'),
  fs: facade('fs'),
  'fs/promises': part('fs', 'fs', 'promises'),
  http: facade('http'),
  http2: facade('http2'),
  https: facade('https'),
  module: facade('module', { removed: words('_stat _readPackage') }),
  net: facade('net'),
  os: facade('os'),
  perf_hooks: facade('perf_hooks'),
  process: facade('process'),
  readline: facade('readline'),
  'readline/promises': part('readline', 'readline', 'promises'),
  sqlite: facade('sqlite'),
  test: facade('test', { removed: ['mock'] }),
  'test/reporters': pure('dot junit spec tap lcov'),
  timers: facade('timers'),
  'timers/promises': part('timers', 'timers', 'promises'),
  tls: facade('tls'),
  tty: facade('tty'),
  trace_events: facade('trace_events'),
  v8: facade('v8'),
  vm: facade('vm', { removed: words('Module SourceTextModule SyntheticModule') }),
  wasi: facade('wasi'),
  worker_threads: facade('worker_threads'),
  // -- not offered
  cluster: denied('_events _eventsCount _maxListeners'),
  inspector: denied('console'),
  'inspector/promises': denied('console'),
  repl: denied(),
  ffi: denied(),
  sea: denied(),
};
exports.TABLE = TABLE;

const ONLY_WITH_PREFIX = new Set(['ffi', 'sea', 'sqlite', 'test', 'test/reporters']);
const realOf = (name) => host.real(ONLY_WITH_PREFIX.has(name) ? `node:${name}` : name);
exports.real = realOf;
exports.ONLY_WITH_PREFIX = ONLY_WITH_PREFIX;

// Plain copies: what a package changes on its module object changes only there. Lazy exports stay lazy.
const copyNames = (real, names) => {
  const own = {};
  for (const name of names) {
    const d = getOwnPropertyDescriptor(real, name);
    if (d === undefined) continue;
    if ('value' in d) defineProperty(own, name, { value: d.value, writable: true, enumerable: d.enumerable, configurable: true });
    else defineProperty(own, name, { get() { const value = real[name]; if (typeof value === 'function') use('seal').value(value, name); return value; }, set(value) { defineProperty(own, name, { value, writable: true }); }, enumerable: d.enumerable, configurable: true });
  }
  return own;
};
const constantNames = (real) => Object.getOwnPropertyNames(real).filter((name) => ['number', 'string'].includes(typeof getOwnPropertyDescriptor(real, name).value));

const makePure = (c, entry, real) => {
  const own = copyNames(real, entry.constants ? [...new Set([...entry.shared, ...constantNames(real)])] : entry.shared);
  if (entry.file !== undefined) Object.defineProperties(own, Object.getOwnPropertyDescriptors(use(entry.file).replacements(c)));
  return own;
};

// The value of require(name) for a confined package; undefined for a name that is no builtin.
exports.make = (c, name) => {
  const entry = TABLE[name];
  if (entry === undefined) return undefined;
  const raw = `node:${name}`;
  if (host.plan.mode !== 'learn' && holds(c, 'builtins') && peek(c, 'builtins', raw) && may(c, 'builtins', raw)) return use('builtins').copyOf(realOf(name));
  if (entry.kind === 'denied') return use('facade/stub').make(c, name, () => realOf(name), raw);
  if (entry.of !== undefined) return use('builtins').get(c, entry.of)[entry.key];
  use('seal').builtin(name);
  if (entry.kind === 'facade') return use(entry.file).make(c, name);
  return entry.kind === 'whole' ? realOf(name) : makePure(c, entry, realOf(name));
};

// What an ambient application gets instead of the copy of the real module: the same functions, with the settings that were taken from the shared ones.
exports.ambient = (name, c) => {
  if (name === 'util' || name === 'sys') return use('facade/util').ambient();
  if (name === 'timers') return use('facade/timers').make(c);
  if (name === 'ffi') return use('facade/ffi').ambient();
  return undefined;
};
