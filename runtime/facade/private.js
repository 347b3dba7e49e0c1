// Private fields on objects that somebody else made (Node's sockets): whoever holds the object can neither read nor forge them, and in V8 reading one
// costs no more than reading a property, where a WeakMap costs a hash look-up per request. Use: class Mark extends On { #field; }, new Mark(object).

exports.On = class { constructor(object) { return object; } };
