import { CfnOutput } from 'aws-cdk-lib'
import {
  EndpointAccessMode,
  EndpointType,
  SecurityPolicy,
  type SpecRestApi,
} from 'aws-cdk-lib/aws-apigateway'
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager'
import type { Stage } from './stages.ts'

/**
 * TLS 1.2 with forward secrecy or 1.3; an API that says nothing accepts TLS 1.0 too. Strict: only by
 * the name that the certificate is for.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies.html
 */
export const transport = {
  securityPolicy: SecurityPolicy.TLS13_1_2_PFS_PQ_2025_09,
  endpointAccessMode: EndpointAccessMode.STRICT,
}

/** The API under the host of the stage's public URL; its DNS record is the owner's to make. */
export function domain(api: SpecRestApi, { certificate, publicUrl }: Stage): void {
  if (!certificate) return
  const name = api.addDomainName('Domain', {
    domainName: new URL(publicUrl).host,
    certificate: Certificate.fromCertificateArn(api, 'Certificate', certificate),
    endpointType: EndpointType.REGIONAL,
    ...transport,
  })
  new CfnOutput(api.stack, 'DomainTarget', {
    value: name.domainNameAliasDomainName,
    description: `What the DNS record of ${new URL(publicUrl).host} must point to`,
  })
}
