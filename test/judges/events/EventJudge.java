import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import software.amazon.event.ruler.JsonRuleCompiler;
import software.amazon.event.ruler.Machine;
import software.amazon.event.ruler.Patterns;

/**
 * Reads a case a line, {"pattern": "...", "events": ["..."]}, and writes a verdict a line: {"refused": "..."} if AWS's
 * matcher refuses the pattern, else {"matches": [true, false]}, one an event.
 */
public final class EventJudge {
  public static void main(String[] arguments) throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    BufferedReader cases = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream verdicts = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    for (String line = cases.readLine(); line != null; line = cases.readLine()) {
      JsonNode one = mapper.readTree(line);
      ObjectNode verdict = mapper.createObjectNode();
      // A machine for each alternative of $or: within one machine, alternatives that share a matcher hide each other.
      List<Machine> alternatives = new ArrayList<>();
      try {
        for (Map<String, List<Patterns>> alternative : JsonRuleCompiler.compile(one.get("pattern").asText())) {
          Machine machine = new Machine();
          machine.addPatternRule("rule", alternative);
          alternatives.add(machine);
        }
        var matches = verdict.putArray("matches");
        for (JsonNode event : one.get("events")) {
          boolean matched = false;
          for (Machine machine : alternatives) {
            matched |= !machine.rulesForJSONEvent(event.asText()).isEmpty();
          }
          matches.add(matched);
        }
      } catch (JsonProcessingException | IllegalArgumentException refusal) {
        verdict.put("refused", String.valueOf(refusal.getMessage()));
      }
      verdicts.println(mapper.writeValueAsString(verdict));
    }
    verdicts.flush();
  }
}
