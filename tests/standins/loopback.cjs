// Keep a stand-in to this machine: whatever it listens on becomes 127.0.0.1, and it reaches nothing else.
const net = require('node:net');
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
  if (typeof args[0] === 'number') {
    const rest = args.slice(1).filter((one) => typeof one === 'function');
    return listen.call(this, { port: args[0], host: '127.0.0.1' }, ...rest);
  }
  if (args[0] && typeof args[0] === 'object' && 'port' in args[0]) args[0] = { ...args[0], host: '127.0.0.1' };
  return listen.apply(this, args);
};

const HERE = ['127.0.0.1', '::1', 'localhost'];
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const told = Array.isArray(args[0]) ? args[0][0] : args[0];
  const host = told && typeof told === 'object' ? told.host : typeof args[1] === 'string' ? args[1] : '';
  if (host && !HERE.includes(host)) {
    process.nextTick(() => this.destroy(new Error(`${host} is not this machine`)));
    return this;
  }
  return connect.apply(this, args);
};
