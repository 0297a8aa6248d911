import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** An engine as long as the tests of a class or of a run: no container, and nothing but the JDK. */
public final class LocalElastiCache implements AutoCloseable {
  private final Path state = Files.createTempDirectory("cachectl");
  private final Thread atExit = new Thread(this::stop);
  private final Map<String, String> environment;

  public LocalElastiCache() throws IOException {
    // A run that is interrupted closes nothing.
    Runtime.getRuntime().addShutdownHook(atExit);
    cachectl("engine", "start", "--port", "0", "--pace", "instant");
    environment =
        cachectl("engine", "env", "--output", "dotenv")
            .lines()
            .map(line -> line.split("=", 2))
            .collect(Collectors.toMap(each -> each[0], each -> each[1]));
  }

  /** What clients need: AWS_ENDPOINT_URL_ELASTICACHE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION. */
  public Map<String, String> environment() {
    return environment;
  }

  /** Runs a command, as {@code cachectl("endpoints", "shop", "--output", "hosts")}, and returns what it prints. */
  public String cachectl(String... words) throws IOException {
    List<String> line = new ArrayList<>(List.of("cachectl"));
    line.addAll(List.of(words));
    line.addAll(List.of("--state-dir", state.toString()));
    Process process = new ProcessBuilder(line).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    process.getOutputStream().close();
    String printed = new String(process.getInputStream().readAllBytes());
    try {
      if (process.waitFor() != 0) throw new IOException(line + " ended with " + process.exitValue());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException(interrupted);
    }
    return printed;
  }

  @Override
  public void close() {
    Runtime.getRuntime().removeShutdownHook(atExit);
    stop();
  }

  private void stop() {
    try {
      cachectl("engine", "stop");
      try (Stream<Path> files = Files.walk(state)) {
        files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
      }
    } catch (IOException left) {
      System.err.println(left.getMessage());
    }
  }
}
