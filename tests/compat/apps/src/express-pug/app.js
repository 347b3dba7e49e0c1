var createError = require('http-errors');
var express = require('express');
var path = require('path');
var cookieParser = require('cookie-parser');
var logger = require('morgan');
var http = require('http');
var debug = require('debug')('site:server');
var app = express();
app.set('views', path.join(__dirname, 'views'));
app.set('view engine', 'pug');
app.use(logger(':method :url :status', { stream: { write: (s) => console.log('log', s.trim()) } }));
app.use(express.json());
app.use(express.urlencoded({ extended: false }));
app.use(cookieParser('secret'));
app.get('/', (req, res) => { res.cookie('a', 'b', { signed: true, httpOnly: true }); res.render('index', { title: 'Express', items: ['x', 'y<z>'] }); });
app.get('/who', (req, res) => res.json({ cookies: req.cookies, signed: req.signedCookies, ip: req.ip, host: req.hostname, proto: req.protocol, xhr: req.xhr }));
app.use((req, res, next) => next(createError(404)));
app.use((err, req, res, next) => { res.locals.message = err.message; res.locals.error = req.app.get('env') === 'development' ? err : {}; res.status(err.status || 500); res.render('error', { message: err.message, status: err.status }); });
var port = normalizePort(process.env.PORT || '0');
app.set('port', port);
var server = http.createServer(app);
server.listen(port, '127.0.0.1');
server.on('error', (e) => { throw e; });
server.on('listening', onListening);
function normalizePort(val) { var p = parseInt(val, 10); return isNaN(p) ? val : p >= 0 ? p : false; }
function get(p, headers, cb) { http.get({ port: server.address().port, host: '127.0.0.1', path: p, headers }, (res) => { let b = ''; res.setEncoding('utf8'); res.on('data', (d) => b += d).on('end', () => cb(res, b)); }); }
function onListening() {
  debug('Listening');
  get('/', {}, (res, b) => { console.log(res.statusCode, b, res.headers['set-cookie'], res.headers['x-powered-by']);
    get('/who', { cookie: res.headers['set-cookie'][0].split(';')[0] + '; plain=1', host: 'example.test' }, (res, b) => { console.log(b);
      get('/nope', {}, (res, b) => { console.log(res.statusCode, b); server.close(() => console.log('done')); }); }); });
}
