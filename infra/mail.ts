import { Stack } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { ConfigurationSet, EmailSendingEvent, EventDestination } from 'aws-cdk-lib/aws-ses'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import { variables } from '../functions/config/environment.ts'
import { accept } from './findings.ts'
import { type Stage, stackName } from './stages.ts'

/**
 * SES: a topic that is told of bounces and complaints. The domain that sends is the account's, which
 * other stages may send from too. Nothing is tracked:
 * neither opens nor clicks, which would lead links over an address that is not ours.
 */
export function mail(scope: Construct, stage: Stage): void {
  if (stage.mailFrom === '') return
  const parent = new Construct(scope, 'Mail')
  const bounces = new Topic(parent, 'Bounces', { enforceSSL: true })
  accept(bounces, 'AwsSolutions-SNS2', 'It holds what SES tells of addresses, for a moment.')
  const set = new ConfigurationSet(parent, 'ConfigurationSet', {
    configurationSetName: configurationSetName(stage),
  })
  set.addEventDestination('Told', {
    destination: EventDestination.snsTopic(bounces),
    events: [EmailSendingEvent.BOUNCE, EmailSendingEvent.COMPLAINT],
  })
}

/** What the sending function is told. */
export function mailSettings(stage: Stage): Record<string, string> {
  return {
    [variables.mailFrom]: stage.mailFrom,
    [variables.configurationSet]: configurationSetName(stage),
    ...(stage.appUrl && { [variables.appUrl]: stage.appUrl }),
  }
}

/**
 * It sends as the one address, with the one configuration set. SES asks about each identity of the
 * account that a mail concerns: the sender's, and a recipient's that was verified in the sandbox.
 */
export function sendingStatement(scope: Construct, stage: Stage): PolicyStatement {
  const arn = (resource: string, resourceName: string) =>
    Stack.of(scope).formatArn({ service: 'ses', resource, resourceName })
  const any = 'arn:<AWS::Partition>:ses:<AWS::Region>:<AWS::AccountId>:identity/*'
  const reason = 'A condition names the one address that it sends as.'
  accept(scope, `AwsSolutions-IAM5[Resource::${any}]`, reason)
  return new PolicyStatement({
    actions: ['ses:SendEmail'],
    resources: [arn('identity', '*'), arn('configuration-set', configurationSetName(stage))],
    conditions: { StringEquals: { 'ses:FromAddress': addressOf(stage) } },
  })
}

function configurationSetName(stage: Stage): string {
  return stackName(stage)
}

/** The address without the name before it. */
function addressOf({ mailFrom }: Stage): string {
  return /<(.+)>$/.exec(mailFrom)?.[1] ?? mailFrom
}
