// A builtin that is not offered, in the shape of the real one: it loads, its classes can be extended, its constants read; each function asks for
// `builtins: ["node:NAME"]` when it is CALLED. The shapes are text, because loading some of these modules already does something (domain
// patches every emitter). name: function; name{a,b}: class with methods; name[a,b]: object of functions; name=JSON: constant.
// tests/runtime/misc/table.test.js compares them with the engine's own modules.

const { check, named } = use('deny');
const { apply, construct, defineProperty } = Reflect;

const SHAPES = {
  __proto__: null,
  cluster: 'isWorker=false isMaster=true isPrimary=true Worker{kill,send,isDead,isConnected,disconnect,destroy} workers[] settings[] SCHED_NONE=1 '
    + 'SCHED_RR=2 schedulingPolicy=2 setupPrimary setupMaster fork disconnect',
  inspector: 'open close url waitForDebugger Session{connect,connectToMainThread,post,disconnect} '
    + 'Network[requestWillBeSent,responseReceived,loadingFinished,loadingFailed,dataSent,dataReceived,webSocketCreated,webSocketClosed,webSocketHandshakeResponseReceived] '
    + 'NetworkResources[put] DOMStorage[domStorageItemAdded,domStorageItemRemoved,domStorageItemUpdated,domStorageItemsCleared,registerStorage]',
  'inspector/promises': 'open close url waitForDebugger Session{post} '
    + 'Network[requestWillBeSent,responseReceived,loadingFinished,loadingFailed,dataSent,dataReceived,webSocketCreated,webSocketClosed,webSocketHandshakeResponseReceived] '
    + 'NetworkResources[put] DOMStorage[domStorageItemAdded,domStorageItemRemoved,domStorageItemUpdated,domStorageItemsCleared,registerStorage]',
  repl: 'start writer '
    + 'REPLServer{setupHistory,clearBufferedCommand,_handleError,close,createContext,resetContext,displayPrompt,setPrompt,complete,completeOnEditorMode,defineCommand} '
    + 'Recoverable{} isValidSyntax ',
  ffi: 'DynamicLibrary{close,getFunction,getFunctions,getSymbol,getSymbols,registerCallback,unregisterCallback,refCallback,unrefCallback} dlopen '
    + 'dlclose dlsym exportArrayBuffer exportArrayBufferView exportString exportBuffer getInt8 getUint8 getInt16 getUint16 getInt32 getUint32 '
    + 'getInt64 getUint64 getFloat32 getFloat64 getCurrentEventLoop getRawPointer setInt8 setUint8 setInt16 setUint16 setInt32 setUint32 setInt64 '
    + 'setUint64 setFloat32 setFloat64 suffix="so" toString toArrayBuffer toBuffer '
    + 'types={"VOID":"void","POINTER":"pointer","BUFFER":"buffer","ARRAY_BUFFER":"arraybuffer","FUNCTION":"function","BOOL":"bool","CHAR":"char","STRING":"string","FLOAT":"float","DOUBLE":"double","INT_8":"int8","UINT_8":"uint8","INT_16":"int16","UINT_16":"uint16","INT_32":"int32","UINT_32":"uint32","INT_64":"int64","UINT_64":"uint64","FLOAT_32":"float32","FLOAT_64":"float64"}',
  sea: 'isSea getAsset getRawAsset getAssetAsBlob getAssetKeys',
  test: 'expectFailure skip todo only after afterEach before beforeEach describe getTestContext it run suite test '
    + 'snapshot[setDefaultSnapshotSerializers,setResolveSnapshotPath] assert[register]',
};
exports.SHAPES = SHAPES;

const parse = (text) => text.split(' ').filter(Boolean).map((token) => {
  const at = token.search(/[{[=]/);
  if (at < 0) return { name: token, kind: 'function' };
  const [name, mark, rest] = [token.slice(0, at), token[at], token.slice(at + 1)];
  if (mark === '=') return { name, kind: 'constant', value: JSON.parse(rest) };
  const names = rest.slice(0, -1).split(',').filter(Boolean);
  return { name, kind: mark === '{' ? 'class' : 'object', names };
});
exports.parse = parse;

// What such a module tells without doing anything.
const TOLD = {
  __proto__: null,
  repl: (own) => {
    own.builtinModules = own._builtinLibs = host.real('module').builtinModules.filter((name) => /^[a-z]/.test(name) && !name.startsWith('internal/'));
    own.REPL_MODE_SLOPPY = Symbol('repl-sloppy');
    own.REPL_MODE_STRICT = Symbol('repl-strict');
  },
  // nobody forks, so nobody writes: listeners wait in vain (log4js)
  cluster: (own) => {
    use('seal').builtin('events');
    Object.setPrototypeOf(own, host.real('events').prototype);
  },
  inspector: (own) => { own.url = () => undefined; },
};
TOLD['inspector/promises'] = TOLD.inspector;

// real(): the real module, loaded only once a call was allowed
exports.make = (c, name, whole, value = `node:${name}`) => {
  const real = () => (name === 'ffi' ? { ...whole(), ...use('facade/ffi').ambient() } : whole());
  const need = () => check(c, 'builtins', value);
  const callable = (label, find) => named(function (...args) {
    need();
    const { home, fn } = find();
    return new.target === undefined ? apply(fn, home, args) : construct(fn, args);
  }, label);
  const own = name === 'test' ? callable('test', () => ({ home: undefined, fn: real() })) : {};
  for (const { name: key, kind, value: constant, names } of parse(SHAPES[name])) {
    let made;
    if (kind === 'constant') made = constant;
    else if (kind === 'object') {
      made = {};
      for (const inner of names) made[inner] = callable(inner, () => ({ home: real()[key], fn: real()[key][inner] }));
    } else {
      made = callable(key, () => ({ home: real(), fn: real()[key] }));
      made.prototype = {};
      defineProperty(made.prototype, 'constructor', { value: made, writable: true, configurable: true });
      for (const method of names ?? []) defineProperty(made.prototype, method, { value: named(() => need(), method), writable: true, configurable: true });
    }
    own[key] = made;
  }
  TOLD[name]?.(own);
  return own;
};
