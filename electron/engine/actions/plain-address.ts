/**
 * A pattern of addresses like `jane.doe@example.com` in letters that look like no others: what stands on the card must not be
 * taken for another name. Services take further letters; who has such a name is meant by id.
 */
export const PLAIN_ADDRESS =
  "[A-Za-z0-9](?:[A-Za-z0-9._'+-]{0,62}[A-Za-z0-9_])?@(?!-)[A-Za-z0-9-]{1,63}(?:\\.[A-Za-z0-9-]{1,63}){1,5}"
