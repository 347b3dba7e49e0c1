// Hello world by Express. Prints its port.
const http = require('node:http');
const express = require('express');

const app = express();
app.get('/', (req, res) => res.send('hello world'));
const server = http.createServer(app).listen(0, '127.0.0.1', () => console.log(server.address().port));
