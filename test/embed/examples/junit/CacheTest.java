import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Socket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class CacheTest {
  static LocalElastiCache elasticache;

  @BeforeAll
  static void start() throws Exception {
    elasticache = new LocalElastiCache();
    elasticache.cachectl(
        "create-cache-cluster", "--cache-cluster-id", "shop", "--engine", "memcached",
        "--cache-node-type", "cache.t4g.small", "--num-cache-nodes", "1", "--wait");
  }

  @AfterAll
  static void stop() {
    elasticache.close();
  }

  @Test
  void aNodeAnswers() throws Exception {
    String[] place = elasticache.cachectl("endpoints", "shop", "--output", "hosts").trim().split(":");
    try (Socket node = new Socket(place[0], Integer.parseInt(place[1]))) {
      node.getOutputStream().write("version\r\n".getBytes());
      assertTrue(new String(node.getInputStream().readNBytes(11)).startsWith("VERSION 1.6"));
    }
  }
}
