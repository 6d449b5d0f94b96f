import { briefExtension } from '@firn/contract/agent/brief'
import type { ServiceInfo } from '@firn/contract/agent/session'

/** Both sockets are at the server's own address, with the scheme that agents expect (hercules-ci.md 4.3.4). */
export function serviceInfo(publicUrl: string): ServiceInfo {
  return {
    version: [2, 0],
    agentSocketBaseURL: publicUrl,
    bulkSocketBaseURL: publicUrl,
    firn: { extension: briefExtension },
  }
}
