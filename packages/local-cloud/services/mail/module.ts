import type { LocalService } from "../module";
import { openMailbox, type Mailbox } from "./index";

/** The inbox behind SNS's e-mail subscriptions and SES. */
export const mail: LocalService<undefined, Mailbox> = {
  name: "mail",
  serves: [],
  declared: () => undefined,
  async open({ folder, options, warn }) {
    const mailbox = await openMailbox({ folder: folder("mail"), onSmtpError: warn, smtp: options.smtp });
    return { part: mailbox, close: () => mailbox.close() };
  },
};
