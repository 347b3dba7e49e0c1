'use strict';
// The engine's insides, by the inspector: the heap itself is asked, so nothing in the engine has to open a door for this test.

const { Session } = require('node:inspector');
const session = new Session();
session.connect();
const post = (method, parameters) => {
  let result;
  let error;
  session.post(method, parameters, (e, r) => { error = e; result = r; });
  if (error) throw new Error(`${method}: ${error.message}`);
  return result;
};
const scripts = new Map();
session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => scripts.set(scriptId, url));
post('Debugger.enable');

let received;
exports.bridge = function npsxReachBridge(x) { received = x; };
const heapOf = (expression) => {
  const { objectId } = post('Runtime.evaluate', { expression }).result;
  return post('Runtime.queryObjects', { prototypeObjectId: objectId }).objects.objectId;
};
const functions = () => heapOf('Function.prototype');
// f: text of a function of the array of all plain objects (or functions); its result comes out here
exports.find = (expression, f) => {
  const bridges = functions();
  const all = heapOf(expression);
  received = undefined;
  const r = post('Runtime.callFunctionOn', { objectId: bridges, functionDeclaration: `function (all) { const bridge = this.find((g) => g.name === 'npsxReachBridge'); bridge((${f})(all)); }`, arguments: [{ objectId: all }] });
  if (r.exceptionDetails) throw new Error(r.exceptionDetails.exception?.description ?? r.exceptionDetails.text);
  return received;
};
exports.host = () => exports.find('Object.prototype', 'function (all) { return all.find((o) => Object.hasOwn(o, "psx") && Object.hasOwn(o, "plan") && Object.hasOwn(o, "realGlobal")); }');

// functions -> where each was written: [url]; undefined for native ones
exports.places = (list) => {
  exports.given = function npsxReachGiven() { return list; };
  const { objectId } = post('Runtime.callFunctionOn', { objectId: functions(), functionDeclaration: 'function () { return this.filter((g) => g.name === "npsxReachGiven").at(-1)(); }' }).result;
  const out = [];
  for (const { name, value } of post('Runtime.getProperties', { objectId, ownProperties: true }).result) {
    if (!/^\d+$/.test(name) || value?.objectId === undefined) continue;
    const { internalProperties = [] } = post('Runtime.getProperties', { objectId: value.objectId, ownProperties: true, nonIndexedPropertiesOnly: true });
    const place = internalProperties.find((p) => p.name === '[[FunctionLocation]]')?.value?.value;
    out[Number(name)] = place && scripts.get(place.scriptId);
    post('Runtime.releaseObject', { objectId: value.objectId });
  }
  return out;
};
