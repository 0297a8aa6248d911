import socket


def test_a_cluster_answers(elasticache):
    elasticache.create_cache_cluster(
        CacheClusterId="shop", Engine="memcached", CacheNodeType="cache.t4g.small", NumCacheNodes=1
    )
    elasticache.get_waiter("cache_cluster_available").wait(
        CacheClusterId="shop", WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    [cluster] = elasticache.describe_cache_clusters(CacheClusterId="shop", ShowCacheNodeInfo=True)["CacheClusters"]
    endpoint = cluster["CacheNodes"][0]["Endpoint"]
    with socket.create_connection((endpoint["Address"], endpoint["Port"]), timeout=5) as node:
        node.sendall(b"version\r\n")
        assert node.recv(100).startswith(b"VERSION 1.6")
