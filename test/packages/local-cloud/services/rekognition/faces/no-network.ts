/** Preloaded into a process and its threads: any attempt to connect fails. */
import net from "node:net";

net.Socket.prototype.connect = () => {
  throw new Error("The face engine opens no connection.");
};
