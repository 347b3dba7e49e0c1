// Errors, stacks and call sites.
module.exports = [
  { id: 'prepare-stack', what: 'stacks of others by prepareStackTrace', body: `const old = Error.prepareStackTrace; Error.prepareStackTrace = (e, s) => { H.tap = e.message; return ''; }; H.fails(); Error.prepareStackTrace = old; return H.tap;` },
  { id: 'callsite-this', what: 'getThis of a caller', body: `const old = Error.prepareStackTrace; Error.prepareStackTrace = (e, s) => s; const sites = H.sloppy(() => { const o = {}; Error.captureStackTrace(o); return o.stack; }); Error.prepareStackTrace = old; const t = sites.map((s) => s.getThis()).find((x) => x && x.process); return t.process.env.CANARY;` },
  { id: 'callsite-function', what: 'getFunction of a caller', body: `const old = Error.prepareStackTrace; Error.prepareStackTrace = (e, s) => s; const sites = H.sloppy(() => { const o = {}; Error.captureStackTrace(o); return o.stack; }); Error.prepareStackTrace = old; return sites.some((s) => typeof s.getFunction() === 'function' && /inner|outer/.test(s.getFunctionName())) && 'CODE holds a caller';` },
  { id: 'function-arguments', what: 'arguments of a sloppy caller', body: `return H.sloppy(function spy() { return spy.caller.arguments[0]; });` },
  { id: 'function-caller', what: 'caller chain of a sloppy caller', body: `let f; H.sloppy(function spy() { f = spy.caller; }); return typeof f === 'function' && 'CODE holds ' + f.name;` },
  { id: 'stack-limit', what: 'the stack limit of the application', body: `const old = Error.stackTraceLimit; Error.stackTraceLimit = 1; const hit = H.changed('limit'); Error.stackTraceLimit = old; return hit;` },
  { id: 'error-prototype', what: 'patching Error.prototype', body: `const old = Error.prototype.toString; Error.prototype.toString = () => 'TAINT toString'; const t = String(new TypeError('x')); Error.prototype.toString = old; return t;` },
  { id: 'error-setter', what: 'a setter that catches messages', body: `Object.defineProperty(Error.prototype, 'code', { configurable: true, set(v) { H.tap = 'TAINT ' + v; } }); const fs = require('fs'); try { Object.assign(new Error('x'), { code: 'SECRETCODE' }); } catch {} const seen = H.tap; delete Error.prototype.code; return seen;` },
  { id: 'host-error-cause', what: 'a constructor by an internal error', body: `try { H.compare(null); } catch (e) { return e.constructor.constructor('return process')().env.CANARY; }` },
  { id: 'capture-rejections', what: 'captureRejections for every emitter', body: `require('events').captureRejections = true; return H.changed('capture');` },
  { id: 'context-caller', what: 'caller and arguments of functions, read with the accessors of a vm context', grants: { eval: true }, body: `
    const [caller, args] = require('vm').runInNewContext("['caller', 'arguments'].map((k) => Object.getOwnPropertyDescriptor(Function.prototype, k)?.get)");
    const find = new Function('caller', 'args', 'return function find() { let s = ""; try { for (let f = find, i = 0; i < 6 && f; i++, f = caller.call(f)) s += Array.from(args.call(f) ?? []).join(); } catch {} return s; }')(caller, args);
    return H.sloppy(new Function('find', 'return function () { return find(); }')(find));` },
  { id: 'context-callsite', what: 'functions from the call sites that the Error of a vm context is handed', grants: { eval: true }, body: `
    const sites = require('vm').runInNewContext('Error.prepareStackTrace = (e, sites) => sites; (function () { return new Error().stack; })');
    const found = H.sloppy(sites).map((site) => site.getFunction?.()?.name); return found.includes('inner') && 'CODE ' + found.join();` },
];
