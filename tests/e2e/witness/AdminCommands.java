package kferry.witness;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/** Topics, groups, offsets and access rules, through the Admin API. */
final class AdminCommands {
  private AdminCommands() {}

  static void register(Map<String, Witness.Command> commands) {
    commands.put("cluster_id", args -> Clients.admin(args).describeCluster().clusterId().get());
    commands.put("topics", args -> Clients.admin(args).listTopics().names().get());
    commands.put("create_topics", AdminCommands::createTopics);
    commands.put("delete_topics", AdminCommands::deleteTopics);
    commands.put("add_partitions", AdminCommands::addPartitions);
    commands.put("partitions", AdminCommands::partitions);
    commands.put("topic_configs", AdminCommands::topicConfigs);
    commands.put("alter_topic", AdminCommands::alterTopic);
    commands.put("delete_records", AdminCommands::deleteRecords);
    commands.put("offsets", AdminCommands::offsets);
    commands.put("replicas", AdminCommands::replicas);
    commands.put("move_leaders", AdminCommands::moveLeaders);
    commands.put("group", AdminCommands::group);
    commands.put("set_group_offsets", AdminCommands::setGroupOffsets);
    commands.put("create_acls", AdminCommands::createAcls);
  }

  static List<TopicPartition> partitionsOf(JsonNode cluster, String topic) throws Exception {
    int count =
        Clients.admin(cluster).describeTopics(List.of(topic)).allTopicNames().get().get(topic)
            .partitions().size();
    List<TopicPartition> partitions = new ArrayList<>();
    for (int partition = 0; partition < count; ++partition) {
      partitions.add(new TopicPartition(topic, partition));
    }
    return partitions;
  }

  static Map<TopicPartition, Long> endOffsets(
      JsonNode cluster, Collection<TopicPartition> partitions, String isolation) throws Exception {
    return listOffsets(cluster, partitions, OffsetSpec.latest(), isolation);
  }

  private static Map<TopicPartition, Long> listOffsets(
      JsonNode cluster, Collection<TopicPartition> partitions, OffsetSpec spec, String isolation)
      throws Exception {
    Map<TopicPartition, OffsetSpec> request =
        partitions.stream().collect(Collectors.toMap(partition -> partition, partition -> spec));
    IsolationLevel level =
        isolation.equals("read_committed")
            ? IsolationLevel.READ_COMMITTED
            : IsolationLevel.READ_UNCOMMITTED;
    // A leader that was looked up and died before it was asked is waited for until the end of the
    // call: several short ones look it up anew.
    for (int attempt = 1; ; ++attempt) {
      try {
        Map<TopicPartition, Long> result = new HashMap<>();
        for (Map.Entry<TopicPartition, ListOffsetsResultInfo> entry :
            Clients.admin(cluster)
                .listOffsets(request, new ListOffsetsOptions(level).timeoutMs(10_000))
                .all()
                .get()
                .entrySet()) {
          result.put(entry.getKey(), entry.getValue().offset());
        }
        return result;
      } catch (ExecutionException failure) {
        if (attempt == 6
            || !(failure.getCause() instanceof org.apache.kafka.common.errors.TimeoutException)) {
          throw failure;
        }
      }
    }
  }

  private static Object createTopics(JsonNode args) throws Exception {
    List<NewTopic> topics = new ArrayList<>();
    for (JsonNode topic : args.get("topics")) {
      topics.add(
          new NewTopic(
                  topic.get("name").asText(),
                  topic.get("partitions").asInt(),
                  (short) topic.path("replicas").asInt(1))
              .configs(strings(topic.path("configs"))));
    }
    Admin admin = Clients.admin(args);
    admin.createTopics(topics).all().get();
    awaitTopics(admin, topics.stream().map(NewTopic::name).collect(Collectors.toList()), true);
    // The leaders have to serve too: a first batch that comes too early, with a second one close
    // behind it, leaves an idempotent producer out of sequence for good.
    for (NewTopic topic : topics) {
      awaitLeaders(args, topic.name());
    }
    return topics.size();
  }

  private static Object deleteTopics(JsonNode args) throws Exception {
    List<String> names = new ArrayList<>();
    args.get("topics").forEach(name -> names.add(name.asText()));
    Admin admin = Clients.admin(args);
    admin.deleteTopics(names).all().get();
    awaitTopics(admin, names, false);
    return names.size();
  }

  private static void awaitTopics(Admin admin, List<String> names, boolean present)
      throws Exception {
    for (String name : names) {
      for (int attempt = 0; ; ++attempt) {
        try {
          admin.describeTopics(List.of(name)).allTopicNames().get();
          if (present) {
            break;
          }
        } catch (ExecutionException failure) {
          if (!(failure.getCause() instanceof UnknownTopicOrPartitionException)) {
            throw failure;
          }
          if (!present) {
            break;
          }
        }
        if (attempt == 300) {
          throw new IllegalStateException(
              "topic " + name + (present ? " does not appear" : " does not go away"));
        }
        Thread.sleep(100);
      }
    }
  }

  private static void awaitLeaders(JsonNode cluster, String topic) throws Exception {
    endOffsets(cluster, partitionsOf(cluster, topic), "read_uncommitted");
  }

  private static Object addPartitions(JsonNode args) throws Exception {
    Clients.admin(args)
        .createPartitions(
            Map.of(
                args.get("topic").asText(), NewPartitions.increaseTo(args.get("total").asInt())))
        .all()
        .get();
    String topic = args.get("topic").asText();
    for (int attempt = 0; partitionsOf(args, topic).size() < args.get("total").asInt(); ++attempt) {
      if (attempt == 300) {
        throw new IllegalStateException("the new partitions of " + topic + " do not appear");
      }
      Thread.sleep(100);
    }
    awaitLeaders(args, topic);
    return args.get("total").asInt();
  }

  private static Object partitions(JsonNode args) throws Exception {
    return partitionsOf(args, args.get("topic").asText()).size();
  }

  private static Object topicConfigs(JsonNode args) throws Exception {
    ConfigResource topic =
        new ConfigResource(ConfigResource.Type.TOPIC, args.get("topic").asText());
    Config config = Clients.admin(args).describeConfigs(List.of(topic)).all().get().get(topic);
    Map<String, String> own = new TreeMap<>();
    for (ConfigEntry entry : config.entries()) {
      if (entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG) {
        own.put(entry.name(), entry.value());
      }
    }
    return own;
  }

  private static Object alterTopic(JsonNode args) throws Exception {
    return alterTopic(args, args.get("topic").asText(), strings(args.get("configs")));
  }

  /** On brokers before 2.3 these are all settings of the topic: they only take a whole set. */
  @SuppressWarnings("deprecation")
  static int alterTopic(JsonNode cluster, String topic, Map<String, String> configs)
      throws Exception {
    List<AlterConfigOp> changes = new ArrayList<>();
    configs.forEach(
        (name, value) ->
            changes.add(new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET)));
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    try {
      Clients.admin(cluster).incrementalAlterConfigs(Map.of(resource, changes)).all().get();
    } catch (ExecutionException failure) {
      if (!(failure.getCause() instanceof UnsupportedVersionException)) {
        throw failure;
      }
      List<ConfigEntry> all = new ArrayList<>();
      changes.forEach(change -> all.add(change.configEntry()));
      Clients.admin(cluster).alterConfigs(Map.of(resource, new Config(all))).all().get();
    }
    return changes.size();
  }

  private static Object deleteRecords(JsonNode args) throws Exception {
    Map<TopicPartition, RecordsToDelete> before = new HashMap<>();
    args.get("before").fields().forEachRemaining(
        entry ->
            before.put(
                new TopicPartition(
                    args.get("topic").asText(), Integer.parseInt(entry.getKey())),
                RecordsToDelete.beforeOffset(entry.getValue().asLong())));
    Clients.admin(args).deleteRecords(before).all().get();
    return before.size();
  }

  /** Leader, replicas and those in sync of each partition, by node. */
  private static Object replicas(JsonNode args) throws Exception {
    String topic = args.get("topic").asText();
    List<Map<String, Object>> result = new ArrayList<>();
    for (TopicPartitionInfo info :
        Clients.admin(args).describeTopics(List.of(topic)).allTopicNames().get().get(topic)
            .partitions()) {
      result.add(
          Map.of(
              "leader", info.leader() == null ? -1 : info.leader().id(),
              "replicas", info.replicas().stream().map(Node::id).collect(Collectors.toList()),
              "in_sync", info.isr().stream().map(Node::id).collect(Collectors.toList())));
    }
    return result;
  }

  /** Makes another replica of every partition its preferred leader, and elects that. */
  private static Object moveLeaders(JsonNode args) throws Exception {
    String topic = args.get("topic").asText();
    Admin admin = Clients.admin(args);
    Map<TopicPartition, Optional<NewPartitionReassignment>> orders = new HashMap<>();
    for (TopicPartitionInfo info :
        admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions()) {
      List<Integer> order = info.replicas().stream().map(Node::id).collect(Collectors.toList());
      do {
        Collections.rotate(order, -1);
      } while (info.leader() != null && order.get(0) == info.leader().id());
      orders.put(
          new TopicPartition(topic, info.partition()),
          Optional.of(new NewPartitionReassignment(order)));
    }
    admin.alterPartitionReassignments(orders).all().get();
    admin.electLeaders(ElectionType.PREFERRED, orders.keySet()).partitions().get();
    return orders.size();
  }

  private static Object offsets(JsonNode args) throws Exception {
    List<TopicPartition> partitions = partitionsOf(args, args.get("topic").asText());
    Map<TopicPartition, Long> earliest =
        listOffsets(args, partitions, OffsetSpec.earliest(), "read_uncommitted");
    Map<TopicPartition, Long> stable = endOffsets(args, partitions, "read_committed");
    Map<TopicPartition, Long> latest = endOffsets(args, partitions, "read_uncommitted");
    List<Map<String, Object>> result = new ArrayList<>();
    for (TopicPartition partition : partitions) {
      result.add(
          Map.of(
              "partition", partition.partition(),
              "start", earliest.get(partition),
              "stable", stable.get(partition),
              "end", latest.get(partition)));
    }
    return result;
  }

  /** What kafka-consumer-groups --describe prints, lag against the high watermark included. */
  private static Object group(JsonNode args) throws Exception {
    String name = args.get("group").asText();
    Admin admin = Clients.admin(args);
    ConsumerGroupDescription description =
        admin.describeConsumerGroups(List.of(name)).all().get().get(name);
    List<Map<String, Object>> members = new ArrayList<>();
    description.members().forEach(
        member ->
            members.add(
                Map.of(
                    "member_id", member.consumerId(),
                    "client_id", member.clientId(),
                    "partitions",
                        member.assignment().topicPartitions().stream()
                            .map(TopicPartition::toString)
                            .sorted()
                            .collect(Collectors.toList()))));
    Map<TopicPartition, OffsetAndMetadata> committed =
        admin.listConsumerGroupOffsets(name).partitionsToOffsetAndMetadata().get();
    Map<TopicPartition, Long> ends = endOffsets(args, committed.keySet(), "read_uncommitted");
    List<Map<String, Object>> positions = new ArrayList<>();
    committed.forEach(
        (partition, offset) -> {
          if (offset != null) {
            positions.add(
                Map.of(
                    "topic", partition.topic(),
                    "partition", partition.partition(),
                    "committed", offset.offset(),
                    "end", ends.get(partition),
                    "lag", ends.get(partition) - offset.offset()));
          }
        });
    return Map.of(
        "state", description.state().toString(),
        "assignor", String.valueOf(description.partitionAssignor()),
        "members", members,
        "positions", positions);
  }

  private static Object setGroupOffsets(JsonNode args) throws Exception {
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    args.get("offsets").fields().forEachRemaining(
        entry ->
            offsets.put(
                new TopicPartition(
                    args.get("topic").asText(), Integer.parseInt(entry.getKey())),
                new OffsetAndMetadata(entry.getValue().asLong())));
    Clients.admin(args)
        .alterConsumerGroupOffsets(args.get("group").asText(), offsets)
        .all()
        .get();
    return offsets.size();
  }

  private static Object createAcls(JsonNode args) throws Exception {
    List<AclBinding> bindings = new ArrayList<>();
    for (JsonNode rule : args.get("rules")) {
      for (JsonNode operation : rule.get("operations")) {
        bindings.add(
            new AclBinding(
                new ResourcePattern(
                    ResourceType.fromString(rule.get("resource").asText()),
                    rule.get("name").asText(),
                    PatternType.LITERAL),
                new AccessControlEntry(
                    args.get("principal").asText(),
                    "*",
                    AclOperation.fromString(operation.asText()),
                    AclPermissionType.ALLOW)));
      }
    }
    Clients.admin(args).createAcls(bindings).all().get();
    return bindings.size();
  }

  private static Map<String, String> strings(JsonNode object) {
    Map<String, String> result = new HashMap<>();
    object.fields().forEachRemaining(
        entry -> result.put(entry.getKey(), entry.getValue().asText()));
    return result;
  }
}
