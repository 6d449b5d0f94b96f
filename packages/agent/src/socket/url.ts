/** Base URLs of sockets are http or https (hercules-ci.md 4.3.4); the WebSocket scheme is put in here. */
export function socketUrl(baseUrl: string, path: string): string {
  return `${baseUrl.replace(/^http/, 'ws').replace(/\/+$/, '')}${path}`
}
