// What is different in the text of a few packages that cannot run on frozen intrinsics, or that compile text where a closure would do. Each row: the
// package, the file, the reason, and the exact texts. A text that is not there is not replaced, so a row fits the versions that have it and no others.
//
// A patch widens nothing: what comes out is compiled as code of its package, with that package's bindings. Anybody may name his package so, and gets
// his own text changed. It names no global that the original does not name (the scan's facts are those of the
// original), unless it joins other files of the package (it is scanned again).

const UNLESS_FROZEN = '(O, P, A) { try { return Object.defineProperty(O, P, A); } catch (e) { if (Object.isFrozen(O)) return O; throw e; } }';

const DEPD_WRAPPER = "  var deprecatedfn = (new Function('fn', 'log', 'deprecate', 'message', 'site',\n    '\"use strict\"\\n' +\n    'return function (' + args + ') {' +\n    'log.call(deprecate, message, site)\\n' +\n    'return fn.apply(this, arguments)\\n' +\n    '}'))(fn, log, deprecate, message, site)";

// uglify-js joins its own files and compiles the text. Here they are part of the file that would do it: read beneath the package's root as that file was.
const joined = (source, own) => [...source.matchAll(/"(\.\.\/lib|\.)\/([\w-]+\.js)"/g)].map(([, dir, file]) => own(`${dir === '.' ? 'tools' : 'lib'}/${file}`)).join('\n\n');
const DESCRIBED = /^function describe_ast\(\) \{[^]*?^\}/m;
const uglify3 = (params, args) => [
  `new Function(${params}, function() {\n    var code = exports.FILES.map(function(file) {\n        return fs.readFileSync(file, "utf8");\n    });\n    code.push("exports.describe_ast = " + describe_ast.toString());\n    return code.join("\\n\\n");\n}())(${args});`,
  (source, own) => `(function (${params.replaceAll('"', '')}) {\n${joined(source, own)}\n\nexports.describe_ast = ${DESCRIBED.exec(source)?.[0]}\n})(${args});`];
const UGLIFY2 = 'new Function("MOZ_SourceMap", "exports", FILES.map(function(file){\n    return fs.readFileSync(file, "utf8");\n}).join("\\n\\n"))(';
const topLevel = (text) => [...text.matchAll(/^(?:function|var) ([\w$]+)/gm)].map(([, name]) => name);
function uglify22(source, own) {
  const text = joined(source, own);
  return `Object.assign(UglifyJS, (function (sys, console, MOZ_SourceMap) {\n${text}\nreturn { ${[...new Set(topLevel(text))].join(', ')} };\n})(UglifyJS.sys, UglifyJS.console, UglifyJS.MOZ_SourceMap));`;
}

const PATCHES = [
  // -- polyfills of what Node 26 has; on a frozen intrinsic the attempt is passed over
  ['core-js', 'modules/_object-dp.js', 'core-js 2 defines polyfills on the intrinsics, Function.prototype.toString among them',
    [["exports.f = require('./_descriptors') ? Object.defineProperty : function", `exports.f = require('./_descriptors') ? function defineProperty${UNLESS_FROZEN} : function`]]],
  ['core-js', 'modules/_redefine.js', 'as above, by assignment',
    [['  if (O === global) {\n    O[key] = val;\n  } else if (!safe)', '  if (Object.isFrozen(O)) return;\n  if (O === global) {\n    O[key] = val;\n  } else if (!safe)']]],
  ['core-js', 'internals/object-define-property.js', 'core-js 3: as above',
    [['exports.f = DESCRIPTORS ? nativeDefineProperty : function', `exports.f = DESCRIPTORS ? function defineProperty${UNLESS_FROZEN} : function`],
      ['exports.f = DESCRIPTORS ? $defineProperty : function', `exports.f = DESCRIPTORS ? function defineProperty${UNLESS_FROZEN} : function`]]],
  ['core-js', 'internals/redefine.js', 'core-js 3: as above, by assignment',
    [['  if (O === global) {\n    if (simple)', '  if (Object.isFrozen(O)) return;\n  if (O === global) {\n    if (simple)']]],
  ['core-js', 'modules/_iter-detect.js', 'assigns Symbol.iterator to an array to find out about old engines', [['  if (!skipClosing && !SAFE_CLOSING) return false;', '  return true;']]],
  ['core-js', 'internals/check-correctness-of-iteration.js', 'as above', [['  if (!SKIP_CLOSING && !SAFE_CLOSING) return false;', '  return true;']]],
  ['core-js', 'modules/_fix-re-wks.js', 'assigns exec to a regular expression to find out about old engines', [['re.exec = function', 're.own = function']]],
  ['core-js', 'internals/fix-regexp-well-known-symbol-logic.js', 'as above', [['re.exec = function', 're.own = function']]],
  ['core-js', 'modules/es.regexp.test.js', 'as above', [['re.exec = function', 're.own = function']]],
  ['core-js-pure', 'internals/object-define-property.js', 'as core-js 3',
    [['exports.f = DESCRIPTORS ? nativeDefineProperty : function', `exports.f = DESCRIPTORS ? function defineProperty${UNLESS_FROZEN} : function`]]],
  ['core-js-pure', 'internals/export.js', 'adds its flags to the native constructor that it exports',
    [['    target[key] = resultProperty;', '    if (!Object.isFrozen(target)) target[key] = resultProperty;']]],
  ['regenerator-runtime', 'runtime.js', 'assigns Symbol.iterator to what inherits it from the iterator prototype',
    [['  Gp[iteratorSymbol] = function() {\n    return this;\n  };', '']]],
  ['@babel/polyfill', 'lib/index.js', 'marks the global object that all packages share', [['_global["default"]._babelPolyfill = true;', '']]],
  ['babel-polyfill', 'lib/index.js', 'adds methods to String.prototype', [['O[key] || Object[DEFINE_PROPERTY](O', 'O[key] || Object.isFrozen(O) || Object[DEFINE_PROPERTY](O']]],
  ['object.assign', 'index.js', 'adds properties to the native Object.assign',
    [['var polyfill = getPolyfill();', 'var native = getPolyfill();\nvar polyfill = function assign(target, source) { return native.apply(Object, arguments); };']]],
  ['typedarray.prototype.slice', 'polyfill.js', 'assigns `constructor` to a typed array to find out about an old V8',
    [["\tif (typeof Uint8Array === 'function' && Uint8Array.prototype.slice) {", '\tif (Uint8Array.prototype.slice) return Uint8Array.prototype.slice;\n\tif (false) {']]],
  ['mathjs', 'lib/utils/polyfills.js', 'assigns to Number what is there',
    [['Number.isFinite = Number.isFinite || function', 'var isFinite_ = Number.isFinite || function'], ['Number.isNaN = Number.isNaN || function', 'var isNaN_ = Number.isNaN || function']]],
  ['bcryptjs', 'dist/bcrypt.js', 'assigns to Date what is there', [['    Date.now = Date.now || function() { return +new Date; };', '']]],
  ['spdy-transport', 'lib/spdy-transport/utils.js', 'assigns to Object what is there',
    [['Object.assign = (process.versions.modules >= 46 || !isNode)\n  ? Object.assign // eslint-disable-next-line\n  : util._extend', '']]],

  // -- a property more on a native function or prototype
  ['execa', 'lib/errname.js', 'adds a property to util.getSystemErrorName',
    [['\tmodule.exports = util.getSystemErrorName;', '\tmodule.exports = code => util.getSystemErrorName(code);']]],
  ['bson', 'lib/bson/map.js', 'adds Map to Map; here to a function with the same prototype',
    [['  module.exports = global.Map;\n  module.exports.Map = global.Map;',
      '  module.exports = function Map(entries) { return Reflect.construct(global.Map, arguments, new.target); };\n  module.exports.prototype = global.Map.prototype;\n  module.exports.Map = module.exports;']]],
  ['private', 'private.js', 'gives native functions a call and an apply of their own',
    [['  } catch (definePropertyIsBrokenInIE8) {\n    obj[name] = value;\n', '  } catch (definePropertyIsBrokenInIE8) {\n'],
      ['Object.getOwnPropertyNames = function getOwnPropertyNames', 'var unhidden = function getOwnPropertyNames']]],
  ['axe-core', 'axe.js', 'core-js 3 in a bundle',
    [['exports.f = DESCRIPTORS ? nativeDefineProperty : function', `exports.f = DESCRIPTORS ? function defineProperty${UNLESS_FROZEN} : function`],
      ['        if (!SKIP_CLOSING && !SAFE_CLOSING) {\n          return false;', '        if (!SKIP_CLOSING && !SAFE_CLOSING) {\n          return true;']]],
  ['prompt', 'lib/prompt.js', 'replaces a method of readline.Interface for the sake of Node 0.8',
    [['readline.Interface.prototype.setPrompt = function', 'var setPrompt = function']]],
  ['symbol-observable', 'lib/ponyfill.js', 'adds Symbol.observable; without it this and its users fall back to the string that they agree on',
    [["\t\t\tresult = _Symbol('observable');\n\t\t\t_Symbol.observable = result;", "\t\t\tresult = '@@observable';"]]],
  ['zen-observable', 'lib/Observable.js', 'as symbol-observable', [["if (hasSymbols() && !hasSymbol('observable')) {\n  Symbol.observable = Symbol('observable');\n}", '']]],
  ...['colors', '@colors/colors'].map((name) => [name, 'lib/extendStringPrototype.js', "adds getters to String.prototype, which all packages share: colors.red('x') works, 'x'.red is undefined",
    [['String.prototype.__defineGetter__(color, func);', '']]]),
  ['@pkgjs/parseargs', 'internal/primordials.js', 'copies the intrinsics by descriptor, and takes for an accessor what stands for a value',
    [['const desc = ReflectGetOwnPropertyDescriptor(src, key);',
      'let desc = ReflectGetOwnPropertyDescriptor(src, key);\n    if (desc.get && desc.get.originalValue) desc = { value: desc.get.originalValue, writable: true, enumerable: desc.enumerable, configurable: true };']]],

  ...[['lolex', 'src/lolex-src.js'], ['@sinonjs/fake-timers', 'src/fake-timers-src.js']].map(([name, file]) => [name, file, "assigns to Date's prototype what is there",
    [['        target.prototype.toUTCString = source.prototype.toUTCString;\n', '']]]),
  ['shelljs', 'src/common.js', 'assigns sort to the list that ls() returns, which inherits it frozen',
    [['    that[cmd] = shellMethods[cmd].bind(that);',
      '    Object.defineProperty(that, cmd, { value: shellMethods[cmd].bind(that), writable: true, enumerable: true, configurable: true });']]],

  // -- a look at a directory while loading, for an answer that is known
  ['optional-require', 'dist/index.js', 'makes a require() for the working directory that hardly anybody calls; here when it is called',
    [['exports.optionalRequireCwd = makeOptionalRequire((0, require_at_1.default)(process.cwd()));',
      'exports.optionalRequireCwd = function (path, options) { return makeOptionalRequire((0, require_at_1.default)(process.cwd()))(path, options); };']]],
  ['temp-dir', 'index.js', 'resolves links on the way to the temporary directory, which only a reader of it can', [['value: fs.realpathSync(os.tmpdir())', 'value: os.tmpdir()']]],

  // -- a method more on http.ServerResponse.prototype
  ['connect', 'lib/patch.js', 'connect 2 adds methods to every response; here to those that it is handed',
    [[', res = http.ServerResponse.prototype\n', ', res = module.exports = Object.create(http.ServerResponse.prototype)\n']]],
  ['connect', 'lib/proto.js', 'as above',
    [["app.handle = function(req, res, out) {\n  var stack = this.stack\n    , searchIndex = req.url.indexOf('?')",
      "app.handle = function(req, res, out) {\n  if (!res._hasConnectPatch) Object.setPrototypeOf(res, require('./patch'));\n  var stack = this.stack\n    , searchIndex = req.url.indexOf('?')"]]],
  ['express', 'lib/response.js', 'express 3 has the methods that connect 2 adds',
    [['var res = module.exports = {\n  __proto__: http.ServerResponse.prototype\n};', "var res = module.exports = {\n  __proto__: require('connect/lib/patch')\n};"]]],

  // -- text compiled where a pure wrapper would do, or the file itself, which needs no grant
  ['uglify-js', 'tools/node.js', 'compiles its own files as one text; version 2.2 in a context', [
    uglify3('"exports"', 'exports'), uglify3('"domprops", "exports"', 'require("./domprops.json"), exports'),
    [UGLIFY2, (source, own) => `(function (MOZ_SourceMap, exports) {\n${joined(source, own)}\n})(`],
    ['var UglifyJS = vm.createContext({', 'var UglifyJS = ({'], ['FILES.forEach(load_global);', uglify22]]],
  ['depd', 'index.js', 'depd 1 evaluates text in its own scope; this is the wrapper of depd 2',
    [["  var deprecatedfn = eval('(function (' + args + ') {\\n' +\n    '\"use strict\"\\n' +\n    'log.call(deprecate, message, site)\\n' +\n    'return fn.apply(this, arguments)\\n' +\n    '})')",
      DEPD_WRAPPER],
    ["  var deprecatedfn = eval('(function (' + args + ') {\\n'\n    + '\"use strict\"\\n'\n    + 'log.call(deprecate, message, site)\\n'\n    + 'return fn.apply(this, arguments)\\n'\n    + '})')", DEPD_WRAPPER]]],
];

const byPackage = new Map();
for (const [name, file, , edits] of PATCHES) {
  if (!byPackage.has(name)) byPackage.set(name, new Map());
  byPackage.get(name).set(file, edits);
}

// file: relative to its package; own: text of another file of the package. -> the text to compile; the same when there is nothing to replace
exports.apply = (name, file, source, own) => {
  const edits = byPackage.get(name)?.get(file);
  if (edits === undefined) return source;
  return edits.reduce((text, [from, to]) => (text.includes(from) ? text.split(from).join(typeof to === 'function' ? to(source, own) : to) : text), source);
};
// whether the outcome names more than the file did
exports.joins = (name, file) => byPackage.get(name).get(file).some(([, to]) => typeof to === 'function');
exports.table = PATCHES;
// Tells the outcomes of two versions of this table apart (FNV-1a). Nobody gains by a collision: the bytes before are the same ones.
exports.mark = (text) => {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return (h >>> 0).toString(16);
};
