'use strict';
// Another package: it may reach the server, and has a connection in its pool.
const http = require('http');
exports.pooled = (port) => new Promise((resolve) => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  http.get({ host: '127.0.0.1', port, agent }, (m) => m.resume().on('end', () => resolve(agent)));
});
