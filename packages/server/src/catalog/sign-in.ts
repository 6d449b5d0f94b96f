import { AsyncLocalStorage } from 'node:async_hooks'
import { betterAuth } from 'better-auth'
import { magicLink } from 'better-auth/plugins'
import type { Db } from '../db/connect.ts'
import { administratorEmail, type Person } from './people.ts'

/** Browser sessions, by better-auth; its routes are below this path. */
export const signInPath = '/api/auth'
const linkLifeS = 3600

export type SignIn = {
  /** Answers a request below `signInPath`. */
  handle(request: Request): Promise<Response>
  /** The person whose browser session the cookie names. */
  personOf(headers: Headers): Promise<Person | undefined>
  /** A link that signs the administrator in once, within an hour. */
  makeLink(): Promise<string>
}

export function openSignIn({ db, key, publicUrl }: { db: Db; key: Buffer; publicUrl: string }): SignIn {
  const asking = new AsyncLocalStorage<(url: string) => void>()
  const auth = betterAuth({
    database: { db, type: 'postgres' },
    secret: key.toString('base64'),
    baseURL: publicUrl,
    basePath: signInPath,
    telemetry: { enabled: false },
    logger: { level: 'error' },
    user: { modelName: 'person', fields: { emailVerified: 'email_verified', ...times } },
    session: {
      modelName: 'browser_session',
      fields: {
        userId: 'user_id',
        expiresAt: 'expires_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
        ...times,
      },
    },
    account: {
      modelName: 'sign_in_identity',
      fields: {
        userId: 'user_id',
        accountId: 'account_id',
        providerId: 'provider_id',
        accessToken: 'access_token',
        refreshToken: 'refresh_token',
        accessTokenExpiresAt: 'access_token_expires_at',
        refreshTokenExpiresAt: 'refresh_token_expires_at',
        idToken: 'id_token',
        ...times,
      },
    },
    verification: { modelName: 'sign_in_verification', fields: { expiresAt: 'expires_at', ...times } },
    plugins: [
      magicLink({
        expiresIn: linkLifeS,
        disableSignUp: true,
        storeToken: 'hashed',
        // Only `makeLink` reads the link: a visitor who asks for one over HTTP gets nothing, and nobody gets mail.
        sendMagicLink: async ({ url }) => asking.getStore()?.(url),
      }),
    ],
  })

  return {
    handle: (request) => auth.handler(request),
    async personOf(headers) {
      const session = await auth.api.getSession({ headers })
      return session ? { id: session.user.id, name: session.user.name } : undefined
    },
    async makeLink() {
      let link: string | undefined
      await asking.run(
        (url) => (link = url),
        () =>
          auth.api.signInMagicLink({ body: { email: administratorEmail, callbackURL: '/' }, headers: new Headers() }),
      )
      if (link === undefined) throw new Error('better-auth made no sign-in link')
      return link
    },
  }
}

const times = { createdAt: 'created_at', updatedAt: 'updated_at' }
