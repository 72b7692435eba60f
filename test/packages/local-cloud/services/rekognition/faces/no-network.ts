/** Preloaded into a process and its threads: whoever connects to anything fails. */
import net from "node:net";

net.Socket.prototype.connect = () => {
  throw new Error("The face engine opens no connection.");
};
