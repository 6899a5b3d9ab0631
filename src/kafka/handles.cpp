#include "kferry/kafka/handles.hpp"

#include <librdkafka/rdkafka.h>

namespace kferry::kafka {

void HandleDelete::operator()(rd_kafka_s* client) const noexcept { rd_kafka_destroy(client); }
void HandleDelete::operator()(rd_kafka_conf_s* conf) const noexcept { rd_kafka_conf_destroy(conf); }
void HandleDelete::operator()(rd_kafka_queue_s* queue) const noexcept {
  rd_kafka_queue_destroy(queue);
}
void HandleDelete::operator()(rd_kafka_topic_s* topic) const noexcept {
  rd_kafka_topic_destroy(topic);
}
void HandleDelete::operator()(rd_kafka_topic_partition_list_s* list) const noexcept {
  rd_kafka_topic_partition_list_destroy(list);
}
void HandleDelete::operator()(rd_kafka_op_s* event) const noexcept {
  rd_kafka_event_destroy(event);
}

}  // namespace kferry::kafka
