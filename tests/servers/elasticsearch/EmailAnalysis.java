// SPDX-License-Identifier: MIT
// Analysis of e-mail addresses that changes nothing. The index in which Elasticsearch keeps API keys
// asks for it by name, and the archive that tests run has no module with the real one.
package slt;

import java.util.Map;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.core.KeywordTokenizer;
import org.elasticsearch.index.analysis.AbstractTokenFilterFactory;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.index.analysis.TokenizerFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;
import org.elasticsearch.plugins.AnalysisPlugin;
import org.elasticsearch.plugins.Plugin;

public class EmailAnalysis extends Plugin implements AnalysisPlugin {
	@Override
	public Map<String, AnalysisProvider<TokenFilterFactory>> getTokenFilters() {
		AnalysisProvider<TokenFilterFactory> none = (index, environment, name, settings) ->
			new AbstractTokenFilterFactory(name, settings) {
				@Override
				public TokenStream create(TokenStream tokens) {
					return tokens;
				}
			};
		return Map.of("pattern_capture", none, "unique", none);
	}

	@Override
	public Map<String, AnalysisProvider<TokenizerFactory>> getTokenizers() {
		return Map.of("uax_url_email", (index, environment, name, settings) ->
			TokenizerFactory.newFactory(name, KeywordTokenizer::new));
	}
}
