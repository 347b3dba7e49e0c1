// A builtin that is not offered, in the shape of the real one: it loads, its classes can be extended, its constants read; each function asks for
// `builtins: ["node:NAME"]` when it is CALLED. The shapes are text, because loading some of these modules already does something (domain
// patches every emitter). name: function; name{a,b}: class with methods; name[a,b]: object of functions; name=JSON: constant.
// tests/runtime/misc/table.test.js compares them with the engine's own modules.

const { check, named } = use('deny');
const { apply, construct, defineProperty } = Reflect;

const SHAPES = {
  __proto__: null,
  _http_agent: 'Agent{createConnection,getName,addRequest,createSocket,removeSocket,keepSocketAlive,reuseSocket,destroy}',
  _http_client: 'ClientRequest{_finish,_implicitHeader,abort,destroy,onSocket,_deferToConnect,setTimeout,setNoDelay,setSocketKeepAlive,clearTimeout}',
  _http_common: '_checkInvalidHeaderChar _checkIsHttpToken CRLF="\\r\\n" '
    + 'methods=["DELETE","GET","HEAD","POST","PUT","CONNECT","OPTIONS","TRACE","COPY","LOCK","MKCOL","MOVE","PROPFIND","PROPPATCH","SEARCH","UNLOCK","BIND","REBIND","UNBIND","ACL","REPORT","MKACTIVITY","CHECKOUT","MERGE","M-SEARCH","NOTIFY","SUBSCRIBE","UNSUBSCRIBE","PATCH","PURGE","MKCALENDAR","LINK","UNLINK","SOURCE","QUERY"] '
    + 'HTTPParser{close,free,remove,execute,finish,initialize,pause,resume,consume,unconsume,getCurrentBuffer} isLenient calculateLenientFlags '
    + 'prepareError',
  _http_incoming: 'IncomingMessage{setTimeout,_read,_destroy,_addHeaderLines,_addHeaderLine,_addHeaderLineDistinct,_dumpAndCloseReadable,_dump} readStart '
    + 'readStop',
  _http_outgoing: 'parseUniqueHeadersOption validateHeaderName validateHeaderValue '
    + 'OutgoingMessage{_isLenientHeaderValidation,_renderHeaders,cork,uncork,setTimeout,destroy,_send,_writeRaw,_storeHeader,setHeader,setHeaders,appendHeader,getHeader,getHeaderNames,getRawHeaderNames,getHeaders,hasHeader,removeHeader,_implicitHeader,write,addTrailers,end,_finish,_flush,_flushOutput,flushHeaders,pipe}',
  _http_server: 'Server{close,closeAllConnections,closeIdleConnections,setTimeout} '
    + 'ServerResponse{_finish,assignSocket,detachSocket,writeInformation,writeContinue,writeProcessing,writeEarlyHints,_implicitHeader,writeHead} '
    + 'setupConnectionsTracking storeHTTPOptions _connectionListener httpServerPreClose',
  _tls_common: 'SecureContext createSecureContext translatePeerCertificate',
  _tls_wrap: 'TLSSocket{disableRenegotiation,_wrapHandle,_destroySSL,_init,renegotiate,exportKeyingMaterial,setMaxSendFragment,_handleTimeout,_emitTLSError,_tlsError,_releaseControl,_finishInit,_start,setServername,setSession,getSession,getPeerCertificate,getCertificate,getPeerX509Certificate,getX509Certificate,setKeyCert,getCipher,getSharedSigalgs,getEphemeralKeyInfo,getFinished,getPeerFinished,getProtocol,getTLSTicket,isSessionReused,enableTrace} '
    + 'Server{setSecureContext,_getServerData,_setServerData,getTicketKeys,setTicketKeys,addContext} createServer connect',
  cluster: 'isWorker=false isMaster=true isPrimary=true Worker{kill,send,isDead,isConnected,disconnect,destroy} workers[] settings[] SCHED_NONE=1 '
    + 'SCHED_RR=2 schedulingPolicy=2 setupPrimary setupMaster fork disconnect',
  domain: '_stack=[] Domain{_errorHandler,enter,exit,add,remove,run,intercept,bind} createDomain create active=null',
  inspector: 'open close url waitForDebugger Session{connect,connectToMainThread,post,disconnect} '
    + 'Network[requestWillBeSent,responseReceived,loadingFinished,loadingFailed,dataSent,dataReceived,webSocketCreated,webSocketClosed,webSocketHandshakeResponseReceived] '
    + 'NetworkResources[put] DOMStorage[domStorageItemAdded,domStorageItemRemoved,domStorageItemUpdated,domStorageItemsCleared,registerStorage]',
  'inspector/promises': 'open close url waitForDebugger Session{post} '
    + 'Network[requestWillBeSent,responseReceived,loadingFinished,loadingFailed,dataSent,dataReceived,webSocketCreated,webSocketClosed,webSocketHandshakeResponseReceived] '
    + 'NetworkResources[put] DOMStorage[domStorageItemAdded,domStorageItemRemoved,domStorageItemUpdated,domStorageItemsCleared,registerStorage]',
  repl: 'start writer '
    + 'REPLServer{setupHistory,clearBufferedCommand,_handleError,close,createContext,resetContext,displayPrompt,setPrompt,complete,completeOnEditorMode,defineCommand} '
    + 'Recoverable{} isValidSyntax ',
  trace_events: 'createTracing getEnabledCategories',
  v8: 'cachedDataVersionTag getHeapSnapshot getHeapStatistics getHeapSpaceStatistics getHeapCodeStatistics getCppHeapStatistics '
    + 'setFlagsFromString '
    + 'Serializer{writeHeader,writeValue,releaseBuffer,transferArrayBuffer,writeUint32,writeUint64,writeDouble,writeRawBytes,_setTreatArrayBufferViewsAsHostObjects,_getDataCloneError} '
    + 'Deserializer{readHeader,readValue,getWireFormatVersion,transferArrayBuffer,readUint32,readUint64,readDouble,_readRawBytes,readRawBytes} '
    + 'DefaultSerializer{_writeHostObject} DefaultDeserializer{_readHostObject} deserialize takeCoverage stopCoverage serialize writeHeapSnapshot '
    + 'promiseHooks[createHook,onInit,onBefore,onAfter,onSettled] queryObjects '
    + 'startupSnapshot[addDeserializeCallback,addSerializeCallback,setDeserializeMainFunction,isBuildingSnapshot] setHeapSnapshotNearHeapLimit '
    + 'setHeapProfileNearHeapLimit GCProfiler{start,stop} isStringOneByteRepresentation startCpuProfile startHeapProfile',
  wasi: 'WASI{finalizeBindings,start,initialize,getImportObject}',
  ffi: 'DynamicLibrary{close,getFunction,getFunctions,getSymbol,getSymbols,registerCallback,unregisterCallback,refCallback,unrefCallback} dlopen '
    + 'dlclose dlsym exportArrayBuffer exportArrayBufferView exportString exportBuffer getInt8 getUint8 getInt16 getUint16 getInt32 getUint32 '
    + 'getInt64 getUint64 getFloat32 getFloat64 getCurrentEventLoop getRawPointer setInt8 setUint8 setInt16 setUint16 setInt32 setUint32 setInt64 '
    + 'setUint64 setFloat32 setFloat64 suffix="so" toString toArrayBuffer toBuffer '
    + 'types={"VOID":"void","POINTER":"pointer","BUFFER":"buffer","ARRAY_BUFFER":"arraybuffer","FUNCTION":"function","BOOL":"bool","CHAR":"char","STRING":"string","FLOAT":"float","DOUBLE":"double","INT_8":"int8","UINT_8":"uint8","INT_16":"int16","UINT_16":"uint16","INT_32":"int32","UINT_32":"uint32","INT_64":"int64","UINT_64":"uint64","FLOAT_32":"float32","FLOAT_64":"float64"}',
  sea: 'isSea getAsset getRawAsset getAssetAsBlob getAssetKeys',
  test: 'expectFailure skip todo only after afterEach before beforeEach describe getTestContext it run suite test '
    + 'snapshot[setDefaultSnapshotSerializers,setResolveSnapshotPath] assert[register]',
  'test/reporters': 'dot junit spec tap lcov',
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

// real(): the real module, loaded only once a call was allowed
exports.make = (c, name, real, value = `node:${name}`) => {
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
  return own;
};
